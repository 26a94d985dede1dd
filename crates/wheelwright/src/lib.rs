//! Turns an async program into one thread, one event loop.
