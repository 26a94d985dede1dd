//! Turns bytes into the pieces in which they might come from a socket.
//!
//! The cuts follow from the bytes, so that an input alone repeats a finding, and seeds are plain HTTP.

/// Gives the bytes one by one, and in three ways with pieces of other lengths.
pub fn every_cut(bytes: &[u8], mut run: impl FnMut(&[&[u8]])) {
    run(&bytes.chunks(1).collect::<Vec<_>>());
    let mut dice = Dice::of(bytes);
    for longest in [3, 16, bytes.len().max(1)] {
        run(&pieces(bytes, longest, &mut dice));
    }
}

/// Cuts the bytes into pieces of at most so many each.
pub fn pieces<'b>(bytes: &'b [u8], longest: usize, dice: &mut Dice) -> Vec<&'b [u8]> {
    let (mut pieces, mut rest) = (Vec::new(), bytes);
    while !rest.is_empty() {
        let (piece, behind) = rest.split_at(rest.len().min(1 + dice.below(longest)));
        pieces.push(piece);
        rest = behind;
    }
    pieces
}

/// Numbers that look random and are always the same for the same bytes.
#[derive(Debug)]
pub struct Dice(u64);

impl Dice {
    /// Starts from the bytes' FNV-1a hash.
    #[must_use]
    pub fn of(bytes: &[u8]) -> Self {
        let hash = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        Self(bytes.iter().fold(0xcbf2_9ce4_8422_2325, hash) | 1)
    }

    /// Throws a number below `limit`, which is not zero (xorshift64*).
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize % limit
    }
}
