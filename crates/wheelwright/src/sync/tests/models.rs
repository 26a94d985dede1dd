//! Turns what each primitive promises into the plainest code that keeps it: vectors, searched each time.

use super::ALL;

/// What a primitive does, as one would write it who need not be fast. Waits are known by their numbers.
pub(super) trait Model {
    fn made(&mut self, _who: usize, _kind: usize) {}
    /// The first poll.
    fn asked(&mut self, who: usize, kind: usize);
    fn is_served(&self, who: usize) -> bool;
    fn wakes(&self, who: usize) -> usize {
        usize::from(self.is_served(who))
    }
    /// The wait ended, with this number.
    fn noticed(&mut self, who: usize) -> usize;
    /// The wait was dropped after it was polled.
    fn gave_up(&mut self, who: usize);
    /// What the wait gave was dropped.
    fn released(&mut self, _who: usize) {}
    fn act(&mut self, kind: usize) -> usize;
}

/// Takes a number out of a list; whether it was there.
fn take(list: &mut Vec<usize>, who: usize) -> bool {
    let found = list.iter().position(|other| *other == who);
    found.map(|at| list.remove(at)).is_some()
}

/// A semaphore, and what is made of one.
pub(super) struct Permits {
    available: usize,
    wants: fn(usize) -> usize,
    act: fn(&mut Self, usize) -> usize,
    /// Who wants how many.
    all: Vec<(usize, usize)>,
    line: Vec<usize>,
    granted: Vec<usize>,
    refused: Vec<usize>,
    is_closed: bool,
}

impl Permits {
    pub(super) fn new(available: usize, wants: fn(usize) -> usize, act: fn(&mut Self, usize) -> usize) -> Self {
        let [line, granted, refused] = [Vec::new(), Vec::new(), Vec::new()];
        Self { available, wants, act, all: Vec::new(), line, granted, refused, is_closed: false }
    }

    fn is_free(&self) -> bool {
        self.line.is_empty() && !self.is_closed
    }

    /// The only act of locks: whether all is free, or some.
    pub(super) fn look(&mut self, _: usize) -> usize {
        match self.available {
            _ if !self.is_free() => 0,
            ALL => ALL,
            some => some.min(1),
        }
    }

    pub(super) fn act_on_semaphore(&mut self, kind: usize) -> usize {
        match kind {
            1 => self.available += 1,
            2 => return usize::from(self.is_free() && 2 <= self.available),
            3 if self.is_free() => self.available = self.available.saturating_sub(1),
            3 => {}
            4 if self.available == 4 => {
                self.is_closed = true;
                self.refused.append(&mut self.line);
                return 1;
            }
            _ => return self.available,
        }
        self.settle();
        0
    }

    fn wanted(&self, who: usize) -> usize {
        self.all.iter().find(|(other, _)| *other == who).expect("it asked").1
    }

    fn settle(&mut self) {
        while let Some(first) = self.line.first().copied().filter(|first| self.wanted(*first) <= self.available) {
            self.available -= self.wanted(first);
            self.granted.push(first);
            self.line.remove(0);
        }
    }
}

impl Model for Permits {
    fn asked(&mut self, who: usize, kind: usize) {
        let wants = (self.wants)(kind);
        self.all.push((who, wants));
        match () {
            () if self.is_closed => self.refused.push(who),
            () if wants == 0 => self.granted.push(who),
            () => self.line.push(who),
        }
        self.settle();
    }

    fn is_served(&self, who: usize) -> bool {
        self.granted.contains(&who) || self.refused.contains(&who)
    }

    fn noticed(&mut self, who: usize) -> usize {
        take(&mut self.granted, who);
        usize::from(self.refused.contains(&who))
    }

    fn gave_up(&mut self, who: usize) {
        take(&mut self.line, who);
        if take(&mut self.granted, who) {
            self.available += self.wanted(who);
        }
        self.settle();
    }

    fn released(&mut self, who: usize) {
        if !self.refused.contains(&who) {
            self.available += self.wanted(who);
        }
        self.settle();
    }

    fn act(&mut self, kind: usize) -> usize {
        (self.act)(self, kind)
    }
}

#[derive(Default)]
pub(super) struct EventModel {
    is_set: bool,
    line: Vec<usize>,
    through: Vec<usize>,
}

impl Model for EventModel {
    fn asked(&mut self, who: usize, _: usize) {
        if self.is_set { &mut self.through } else { &mut self.line }.push(who);
    }

    fn is_served(&self, who: usize) -> bool {
        self.through.contains(&who)
    }

    fn noticed(&mut self, _: usize) -> usize {
        0
    }

    fn gave_up(&mut self, who: usize) {
        take(&mut self.line, who);
    }

    fn act(&mut self, kind: usize) -> usize {
        match kind {
            1 => self.through.append(&mut self.line),
            2 | 3 => {}
            _ => return usize::from(self.is_set),
        }
        self.is_set = kind == 1;
        0
    }
}

#[derive(Default)]
pub(super) struct NotifyModel {
    is_stored: bool,
    /// Made before the last `notify_waiters`, polled or not.
    told: Vec<usize>,
    /// Made since, and not polled.
    new: Vec<usize>,
    line: Vec<usize>,
    /// Served by `notify_one`.
    owed: Vec<usize>,
}

impl NotifyModel {
    fn notify_one(&mut self) {
        if self.line.is_empty() {
            self.is_stored = true;
            return;
        }
        self.owed.push(self.line.remove(0));
    }
}

impl Model for NotifyModel {
    fn made(&mut self, who: usize, _: usize) {
        self.new.push(who);
    }

    fn asked(&mut self, who: usize, _: usize) {
        if !take(&mut self.new, who) {
            return;
        }
        // Served by what was stored, it has noticed already.
        let line = if std::mem::take(&mut self.is_stored) { &mut self.told } else { &mut self.line };
        line.push(who);
    }

    fn is_served(&self, who: usize) -> bool {
        self.told.contains(&who) || self.owed.contains(&who)
    }

    fn noticed(&mut self, who: usize) -> usize {
        take(&mut self.owed, who);
        0
    }

    fn gave_up(&mut self, who: usize) {
        take(&mut self.line, who);
        if take(&mut self.owed, who) {
            self.notify_one();
        }
    }

    fn act(&mut self, kind: usize) -> usize {
        match kind {
            0 => {}
            1 | 2 => self.notify_one(),
            3 => {
                self.told.append(&mut self.line);
                self.told.append(&mut self.new);
            }
            _ => return usize::from(std::mem::take(&mut self.is_stored)),
        }
        0
    }
}

#[derive(Default)]
pub(super) struct BarrierModel {
    size: usize,
    line: Vec<usize>,
    through: Vec<usize>,
    leaders: Vec<usize>,
}

impl BarrierModel {
    pub(super) fn new(size: usize) -> Self {
        Self { size, ..Self::default() }
    }
}

impl Model for BarrierModel {
    fn asked(&mut self, who: usize, _: usize) {
        self.line.push(who);
        if self.line.len() == self.size {
            self.through.append(&mut self.line);
            self.leaders.push(who);
        }
    }

    fn is_served(&self, who: usize) -> bool {
        self.through.contains(&who)
    }

    fn noticed(&mut self, who: usize) -> usize {
        usize::from(self.leaders.contains(&who))
    }

    fn gave_up(&mut self, who: usize) {
        take(&mut self.line, who);
    }

    fn act(&mut self, _: usize) -> usize {
        0
    }
}

/// Makers of kind 0 make the value at once, those of kind 1 and 2 fail, all others never end.
#[derive(Default)]
pub(super) struct OnceCellModel {
    is_filled: bool,
    kinds: Vec<(usize, usize)>,
    /// Whose turn it is to make the value, then who waits.
    line: Vec<usize>,
    /// Who was told that the value is there, or that it is their turn.
    woken: Vec<usize>,
}

impl OnceCellModel {
    fn kind(&self, who: usize) -> usize {
        self.kinds.iter().find(|(other, _)| *other == who).expect("it asked").1
    }

    fn leave(&mut self, who: usize) {
        let had_turn = self.line.first() == Some(&who);
        take(&mut self.line, who);
        if had_turn && !self.is_filled {
            self.woken.extend(self.line.first());
        }
    }
}

impl Model for OnceCellModel {
    fn asked(&mut self, who: usize, kind: usize) {
        self.kinds.push((who, kind));
        if !self.is_filled {
            self.line.push(who);
        }
    }

    fn is_served(&self, who: usize) -> bool {
        self.is_filled || self.line.first() == Some(&who) && self.kind(who) < 3
    }

    fn wakes(&self, who: usize) -> usize {
        self.woken.iter().filter(|other| **other == who).count()
    }

    fn noticed(&mut self, who: usize) -> usize {
        if !self.is_filled && self.kind(who) == 0 {
            self.is_filled = true;
            self.woken.extend(self.line.drain(..).filter(|other| *other != who));
        }
        self.leave(who);
        usize::from(self.is_filled)
    }

    fn gave_up(&mut self, who: usize) {
        self.leave(who);
    }

    fn act(&mut self, _: usize) -> usize {
        usize::from(self.is_filled)
    }
}
