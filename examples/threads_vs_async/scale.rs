//! Turns values that lie powers of ten apart into places along an axis.

/// An axis from one whole power of ten to another.
pub(crate) struct Scale {
    low: i32,
    high: i32,
    begin: f64,
    end: f64,
}

impl Scale {
    /// One that holds all of `values` between the places `begin` and `end`.
    pub(crate) fn holding(values: impl Iterator<Item = f64> + Clone, [begin, end]: [f64; 2]) -> Self {
        let low = values.clone().fold(f64::INFINITY, f64::min).log10().floor() as i32;
        let high = values.fold(0.0, f64::max).log10().ceil() as i32;
        Self { low, high: high.max(low + 1), begin, end }
    }

    pub(crate) fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        self.begin + (self.end - self.begin) * share
    }

    /// The powers of ten, and their places.
    pub(crate) fn powers(&self) -> impl Iterator<Item = (f64, f64)> {
        (self.low..=self.high).map(|power| 10_f64.powi(power)).map(|value| (value, self.place(value)))
    }
}
