//! Turns peers into interleaved rounds: each runs once a round, and another begins each time.

use super::Extent;
use super::programs::{Figures, Programs};
use super::rows::{Reach, Row};
use super::statistics::Spread;

/// What each peer took in each round: `rounds[round][peer]`, the peers in the row's order.
#[derive(Debug)]
pub(super) struct Measured {
    peers: &'static [&'static str],
    base: &'static str,
    judged: &'static str,
    pub(super) rounds: Vec<Vec<Figures>>,
}

/// Runs every round of a row.
pub(super) fn measure(row: &Row, extent: Extent, programs: &Programs) -> Result<Measured, String> {
    let peers = row.peers();
    let server = programs.server_for(row)?;
    let mut rounds = Vec::new();
    for round in 0..extent.rounds() {
        let mut taken = vec![None; peers.len()];
        for turn in 0..peers.len() {
            let peer = (round + turn) % peers.len();
            taken[peer] = Some(programs.run(row, peers[peer], extent.operations(row), &server)?);
        }
        rounds.push(taken.into_iter().flatten().collect());
    }
    Ok(Measured { peers, base: row.base(), judged: row.judged(), rounds })
}

impl Measured {
    /// The peers' names, in the order of every round's figures.
    pub(super) fn peers(&self) -> &'static [&'static str] {
        self.peers
    }

    /// A peer's CPU nanoseconds for one operation.
    pub(super) fn cpu(&self, peer: &str) -> Spread {
        Spread::of(self.column(peer).map(Figures::cpu_per_operation))
    }

    /// A peer's peak memory in kB.
    pub(super) fn memory(&self, peer: &str) -> Spread {
        Spread::of(self.column(peer).map(|figures| figures.number("max_rss_kb")))
    }

    /// What a peer's process holds for each request in flight, in bytes; nothing in rows without requests.
    pub(super) fn in_flight(&self, peer: &str) -> Option<Spread> {
        let spread = Spread::of(self.column(peer).map(|figures| figures.number("in_flight_bytes")));
        spread.median.is_finite().then_some(spread)
    }

    /// How many requests a peer answered in a second, if it is a server.
    pub(super) fn rate(&self, peer: &str) -> Option<Spread> {
        let spread = Spread::of(self.column(peer).map(|figures| figures.number("requests_per_second")));
        spread.median.is_finite().then_some(spread)
    }

    /// A peer's CPU time to the base's, round by round.
    pub(super) fn ratio(&self, peer: &str) -> Spread {
        self.ratio_beside(peer, self.base)
    }

    /// That of who is judged to that of the peer a goal names, round by round.
    pub(super) fn towards(&self, goal: &Reach) -> Spread {
        self.ratio_beside(self.judged, goal.beside)
    }

    fn ratio_beside(&self, peer: &str, other: &str) -> Spread {
        let pairs = self.column(peer).zip(self.column(other));
        Spread::of(pairs.map(|(figures, base)| figures.cpu_per_operation() / base.cpu_per_operation()))
    }

    fn column(&self, peer: &str) -> impl Iterator<Item = &Figures> {
        let place = self.peers.iter().position(|name| *name == peer).expect("the rows name only their own peers");
        self.rounds.iter().map(move |round| &round[place])
    }
}
