//! Turns the children of a group that were woken into those who are polled next.

use std::mem;

use super::Group;
use crate::observe::Place;
use crate::ready;
use crate::schedule::{self, Step};

impl<F: Future> Group<F> {
    /// Lines up those who were woken by now, once a lap; those who are woken from here on run in the next.
    #[inline]
    pub(super) fn take_woken(&mut self) {
        self.is_waiting = false;
        if mem::replace(&mut self.lap, ready::lap()) == self.lap {
            return;
        }
        // Seldom enough that what is moved is less than what was polled.
        if self.batch.len() <= 2 * self.at {
            self.batch.drain(..self.at);
            self.ordered = self.ordered.saturating_sub(self.at);
            self.at = 0;
        }
        self.batch.append(&mut self.list.seats.borrow_mut());
        if 2 * self.seats.len() < self.batch.len() - self.at {
            self.line_up_once();
        }
    }

    /// Puts those who came last into the order of a schedule, once those have run who came before them.
    #[cold]
    pub(super) fn order_new(&mut self) {
        let place = Place::of(self.made_at);
        schedule::permute(&mut self.batch[self.at..], |seat| Step::Child(seat, place));
        self.ordered = self.batch.len();
    }

    /// Strikes out those who stand in line twice: a child that is ready although it was woken leaves its entry to the next.
    #[cold]
    fn line_up_once(&mut self) {
        let mut is_lined_up = vec![false; self.seats.len()];
        let (mut index, mut ordered) = (mem::take(&mut self.at), 0);
        self.batch.drain(..index);
        self.batch.retain(|seat| {
            let is_first = !mem::replace(&mut is_lined_up[*seat as usize], true);
            ordered += usize::from(is_first && index < self.ordered);
            index += 1;
            is_first
        });
        self.ordered = ordered;
    }

    /// Each child is to tell what it waits for.
    #[cold]
    pub(super) fn line_up_all(&mut self) {
        let seats = 0..self.seats.len() as u32;
        self.batch.extend(seats.filter(|seat| !self.seats.is_empty(*seat as usize)));
        self.line_up_once();
    }
}
