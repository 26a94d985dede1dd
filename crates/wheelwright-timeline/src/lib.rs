//! Turns a recorded run of the loop into one page to look at; the recorder it reads is not written yet.
