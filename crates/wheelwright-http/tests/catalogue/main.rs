//! Turns the catalogue of malformed and odd messages into verdicts of the sans-IO core, however the bytes are cut.

mod drive; // bytes in pieces -> what a server or a client makes of them
mod table; // a case and what is wanted of it -> a verdict for every way to cut it

mod chunks; // section C
mod codings; // section B
mod heads; // section D
mod lengths; // section A
mod responses; // section E
mod sending; // sections H and K, as far as they are about bytes

mod corpora; // the cases of other projects
mod found; // what the fuzzers found
mod random; // messages nobody thought of
