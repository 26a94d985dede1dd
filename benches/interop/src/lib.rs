//! Turns programs that know nothing of each other into parties to one agreement: what is asked for, and what answers it.

pub mod agreement; // a method and a path -> what every server here answers
