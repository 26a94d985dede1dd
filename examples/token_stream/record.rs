//! Turns what the server did into what it tells of it: how far each answer has come, and whether its reader stayed.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;

use serde_json::{Value, json};

/// So many answers are remembered.
const REMEMBERED: usize = 100;

/// The last answers, the newest at the end.
#[derive(Default)]
pub(crate) struct Record(RefCell<VecDeque<Rc<Made>>>);

/// How far an answer has come.
pub(crate) struct Made {
    prompt: String,
    /// How many of the answer's tokens there are, those before a reader's return included.
    pub(crate) tokens: Cell<usize>,
    pub(crate) ended: Cell<Option<Ended>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    Whole,
    ReaderLeft,
}

impl Made {
    /// Counts one more token, and returns how many there are.
    pub(crate) fn count(&self) -> usize {
        self.tokens.set(self.tokens.get() + 1);
        self.tokens.get()
    }
}

impl Record {
    /// Begins a new entry, with the tokens that its reader has from before.
    pub(crate) fn begin(&self, prompt: &str, tokens: usize) -> Rc<Made> {
        let made = Made { prompt: prompt.to_owned(), tokens: Cell::new(tokens), ended: Cell::default() };
        let (made, mut answers) = (Rc::new(made), self.0.borrow_mut());
        if answers.len() == REMEMBERED {
            answers.pop_front();
        }
        answers.push_back(Rc::clone(&made));
        made
    }

    /// The newest answer to this prompt.
    pub(crate) fn of(&self, prompt: &str) -> Rc<Made> {
        let answers = self.0.borrow();
        Rc::clone(answers.iter().rfind(|made| made.prompt == prompt).expect("it was begun, and not long ago"))
    }

    /// What the record holds, for readers elsewhere.
    pub(crate) fn as_json(&self) -> Value {
        let ended = |made: &Made| match made.ended.get() {
            None => Value::Null,
            Some(Ended::Whole) => "whole".into(),
            Some(Ended::ReaderLeft) => "its reader left".into(),
        };
        let entry =
            |made: &Rc<Made>| json!({ "prompt": made.prompt, "tokens": made.tokens.get(), "ended": ended(made) });
        self.0.borrow().iter().map(entry).collect()
    }
}
