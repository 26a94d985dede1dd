//! Turns workloads for several runtimes and HTTP clients into figures that can be set beside each other.

pub mod by_hand; // requests written and responses framed without a library
pub mod client; // what every HTTP client of the comparison is asked to do
pub mod echo; // both ends of TCP connections, on this project's loop
pub mod hyper_client; // hyper's own client, on either loop
pub mod measure; // clocks, memory, and the line of JSON a measuring program prints
pub mod hyper_server; // hyper's own server, on either loop
pub mod on_wheelwright; // hyper's wishes, fulfilled by this project's loop
pub mod server; // what every HTTP server of the comparison answers
pub mod wheelwright_client; // this project's own client, recorded or not
