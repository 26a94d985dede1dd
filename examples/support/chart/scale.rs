//! Turns values that lie powers of ten apart into places along an axis, and into words.

/// An axis from one whole power of ten to another.
pub(super) struct Scale {
    low: i32,
    high: i32,
    begin: f64,
    end: f64,
}

impl Scale {
    /// One that holds all of `values` between the places `begin` and `end`.
    pub(super) fn holding(values: impl Iterator<Item = f64>, [begin, end]: [f64; 2]) -> Self {
        let powers: Vec<f64> = values.map(f64::log10).collect();
        let low = powers.iter().copied().reduce(f64::min).unwrap_or_default().floor() as i32;
        let high = powers.iter().copied().reduce(f64::max).unwrap_or_default().ceil() as i32;
        Self { low, high: high.max(low + 1), begin, end }
    }

    pub(super) fn place(&self, value: f64) -> f64 {
        let share = (value.log10() - f64::from(self.low)) / f64::from(self.high - self.low);
        self.begin + (self.end - self.begin) * share
    }

    /// The powers of ten, and their places.
    pub(super) fn powers(&self) -> impl Iterator<Item = (f64, f64)> {
        (self.low..=self.high).map(|power| 10_f64.powi(power)).map(|value| (value, self.place(value)))
    }
}

/// A value as a person says it: 0.25 of the unit `s` as 250 ms, 1000 of none as 1k.
pub(super) fn in_words(value: f64, unit: &str) -> String {
    // What would be shown as 1000 is 1 of the next prefix.
    let thousands = ((value * 1.0006).log10() / 3.0).floor().clamp(-3.0, 4.0) as i32;
    let number = value / 1e3_f64.powi(thousands);
    let digits = if number < 9.95 { format!("{number:.1}") } else { format!("{number:.0}") };
    let gap = if unit.is_empty() { "" } else { " " };
    let prefix = ["n", "u", "m", "", "k", "M", "G", "T"][(thousands + 3) as usize];
    format!("{}{gap}{prefix}{unit}", digits.trim_end_matches(".0"))
}

#[cfg(test)]
mod tests {
    use super::{Scale, in_words};

    #[test]
    fn an_axis_holds_all_values_between_whole_powers_of_ten() {
        let scale = Scale::holding([20.0, 0.5].into_iter(), [100.0, 400.0]);
        assert_eq!(scale.powers().collect::<Vec<_>>(), [(0.1, 100.0), (1.0, 200.0), (10.0, 300.0), (100.0, 400.0)]);
        assert_eq!(Scale::holding([1.0].into_iter(), [0.0, 9.0]).place(10.0), 9.0, "one value needs room, too");
    }

    #[test]
    fn a_value_has_the_prefix_and_the_digits_that_a_person_would_give_it() {
        let words = [0.000_25, 0.0096, 0.9996, 1.0, 1.25, 47_300.0].map(|value| in_words(value, "s"));
        assert_eq!(words, ["250 us", "9.6 ms", "1 s", "1 s", "1.2 s", "47 ks"]);
        assert_eq!([1.0, 1e3, 1e4].map(|count| in_words(count, "")), ["1", "1k", "10k"]);
    }
}
