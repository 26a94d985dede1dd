//! Turns the promises that every leaf future makes into checks over all of them.

mod five;
mod foreign;
mod hostile;
mod leaves;
