//! Turns a descriptor's number into the address at its other end, by what Linux tells in /proc; elsewhere nobody knows.
//!
//! It is looked up when somebody asks, so a socket keeps no address for it.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// Of more sockets than that no address is told: the kernel's table is slow, a dump is not to be.
const MOST: usize = 500;

/// The addresses of this process's sockets; read when the first is asked for.
pub(super) struct Peers {
    are_few: bool,
    /// Local and remote, by the socket's inode.
    sockets: Option<BTreeMap<u64, (SocketAddr, SocketAddr)>>,
}

impl Peers {
    /// Of a loop with so many sources.
    pub(super) fn of(sources: usize) -> Self {
        Self { are_few: sources <= MOST, sockets: None }
    }

    /// Where a listener listens.
    pub(super) fn local(&mut self, fd: u32) -> String {
        self.both(fd).map(|(local, _)| format!(" ({local})")).unwrap_or_default()
    }

    /// Who is at the other end, behind an arrow.
    pub(super) fn peer(&mut self, arrow: &str, fd: u32) -> String {
        let peer = self.both(fd).map(|(_, peer)| peer).filter(|peer| peer.port() != 0);
        peer.map(|peer| format!(" {arrow} {peer}")).unwrap_or_default()
    }

    fn both(&mut self, fd: u32) -> Option<(SocketAddr, SocketAddr)> {
        if !self.are_few {
            return None;
        }
        let link = std::fs::read_link(format!("/proc/self/fd/{fd}")).ok()?;
        let inode = link.to_str()?.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()?;
        self.sockets.get_or_insert_with(read_all).get(&inode).copied()
    }
}

fn read_all() -> BTreeMap<u64, (SocketAddr, SocketAddr)> {
    let table = |name| std::fs::read_to_string(format!("/proc/thread-self/net/{name}")).unwrap_or_default();
    ["tcp", "tcp6", "udp", "udp6"].map(table).iter().flat_map(|table| table.lines()).filter_map(parse).collect()
}

/// A line of proc_net_tcp(5): `sl local remote state queues timer retransmits uid timeout inode`.
fn parse(line: &str) -> Option<(u64, (SocketAddr, SocketAddr))> {
    let mut words = line.split_ascii_whitespace().skip(1);
    let (local, remote) = (address(words.next()?)?, address(words.next()?)?);
    Some((words.nth(6)?.parse().ok()?, (local, remote)))
}

/// The address is in words of 32 bits, each as this machine keeps it, and the port in the order of the network.
fn address(text: &str) -> Option<SocketAddr> {
    let (ip, port) = text.split_once(':')?;
    let words: Vec<u8> = (0..ip.len() / 8)
        .map(|word| u32::from_str_radix(ip.get(word * 8..word * 8 + 8)?, 16).ok())
        .collect::<Option<Vec<u32>>>()?
        .into_iter()
        .flat_map(u32::to_ne_bytes)
        .collect();
    let ip = match <[u8; 4]>::try_from(&words[..]) {
        Ok(four) => IpAddr::V4(Ipv4Addr::from(four)),
        Err(_) => IpAddr::V6(Ipv6Addr::from(<[u8; 16]>::try_from(&words[..]).ok()?)).to_canonical(),
    };
    Some(SocketAddr::new(ip, u16::from_str_radix(port, 16).ok()?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_of_the_kernel_gives_its_addresses_and_inode() {
        // Each word of an address as this machine keeps it.
        let word = |bytes: [u8; 4]| format!("{:08X}", u32::from_ne_bytes(bytes));
        let (local, remote) = (word([127, 0, 0, 1]), word([10, 0, 0, 7]));
        let line = format!("   1: {local}:1F90 {remote}:C822 01 00:00 00:00 00000000  1000  0 31337 1 0 20 4 30 10 -1");
        let (inode, (local, peer)) = parse(&line).expect("a line");
        assert_eq!(
            (inode, local.to_string(), peer.to_string()),
            (31337, "127.0.0.1:8080".into(), "10.0.0.7:51234".into())
        );
        assert!(parse("  sl  local_address rem_address   st tx_queue").is_none());
        let zeros = word([0; 4]).repeat(3);
        let loopback = address(&format!("{zeros}{}:0050", word([0, 0, 0, 1]))).expect("an address");
        assert_eq!(loopback.to_string(), "[::1]:80");
    }
}
