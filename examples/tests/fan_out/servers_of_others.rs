//! Turns servers that nobody here wrote into a judge: every page comes, byte for byte, with never more in flight than allowed.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::pages::Pages;
use crate::program::{Finished, Folder, Run, say};

const CONCURRENCY: usize = 20;

/// A server's process, gone with this.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// Starts nginx over a folder; nothing if it is not installed.
fn nginx(root: &Path, folder: &Path) -> Option<(Process, u16)> {
    let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let own = folder.display();
    let temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    let temporary: String = temporary.iter().map(|name| format!("{name}_temp_path {own}/{name};\n")).collect();
    let configuration = format!(
        "daemon off; master_process off; pid {own}/pid; error_log {own}/errors; events {{ worker_connections 512; }}
         http {{ access_log off; {temporary} keepalive_requests 1000000; types {{ }} default_type text/html;
         server {{ listen 127.0.0.1:{port}; root '{}'; location = /nginx_status {{ stub_status; }} }} }}",
        root.display()
    );
    fs::write(folder.join("configuration"), configuration).unwrap();
    let mut command = Command::new("nginx");
    command.arg("-p").arg(folder).arg("-c").arg(folder.join("configuration")).arg("-e").arg(folder.join("errors"));
    let process = Process(command.stdin(Stdio::null()).stderr(Stdio::null()).spawn().ok()?);
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        thread::sleep(Duration::from_millis(5));
    }
    Some((process, port))
}

/// The connections that nginx counts, but for the one that asks.
fn connections(port: u16) -> usize {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(b"GET /nginx_status HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n").unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, count) = answer.split_once("Active connections: ").unwrap();
    count.split_whitespace().next().unwrap().parse::<usize>().unwrap() - 1
}

/// Fetches all pages and saves them.
fn fetch(pages: &Pages, port: u16, saved: &Folder, concurrency: usize) -> Finished {
    let concurrency = concurrency.to_string();
    let arguments = ["--out", "-", "--concurrency", &concurrency, "--body", saved.path().to_str().unwrap()];
    let list = saved.path().join("list");
    fs::write(&list, pages.list(port)).unwrap();
    Run::start(&[&["--urls", list.to_str().unwrap()], &arguments[..]].concat(), "").finish()
}

fn came_whole(pages: &Pages, finished: &Finished, saved: &Folder) {
    say(finished.stderr.trim_end());
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    assert_eq!(finished.records().len(), pages.paths.len());
    assert_eq!(pages.differing(saved.path()), 0);
}

#[test]
fn nginx_gives_every_page_and_never_sees_more_connections_than_allowed() {
    let (folder, saved) = (Folder::new("nginx"), Folder::new("from-nginx"));
    let pages = Pages::of_rust();
    let Some((_process, port)) = nginx(&pages.root, folder.path()) else {
        say("skipped, for nginx is not installed");
        return;
    };
    let ended = AtomicBool::new(false);
    let (finished, most) = thread::scope(|scope| {
        let watch = scope.spawn(|| {
            let mut most = 0;
            while !ended.load(Ordering::Relaxed) {
                most = most.max(connections(port));
                thread::sleep(Duration::from_millis(1));
            }
            most
        });
        let finished = fetch(&pages, port, &saved, CONCURRENCY);
        ended.store(true, Ordering::Relaxed);
        (finished, watch.join().unwrap())
    });
    came_whole(&pages, &finished, &saved);
    say(&format!("nginx saw {most} connections at once"));
    assert!(1 < most && most <= CONCURRENCY, "{most}");
}

#[test]
fn ctrl_c_in_the_middle_of_nginx_leaves_no_line_without_its_record() {
    let folder = Folder::new("nginx-stopped");
    let pages = Pages::of_rust();
    let Some((_process, port)) = nginx(&pages.root, folder.path()) else {
        say("skipped, for nginx is not installed");
        return;
    };
    let list = folder.path().join("list");
    fs::write(&list, pages.list(port)).unwrap();
    let mut run = Run::start(&["--urls", list.to_str().unwrap(), "--out", "-"], "");
    for _ in 0..100 {
        run.record();
    }
    run.press_ctrl_c();
    let finished = run.finish();
    let records = finished.records();
    assert_eq!((finished.code, 100 + records.len()), (Some(130), pages.paths.len()));
    assert!(records.iter().any(|record| record["error"] == "Cancelled"));
    assert!(records.iter().all(|record| record["error"] == "Cancelled" || record["status"] == 200));
}

#[test]
fn pythons_server_gives_every_page() {
    let pages = Pages::made_up(500);
    let saved = Folder::new("from-python");
    let mut command = Command::new("python3");
    command.args(["-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory"]).arg(&pages.root);
    let Ok(child) = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn() else {
        say("skipped, for Python is not installed");
        return;
    };
    let mut process = Process(child);
    let mut greeting = String::new();
    BufReader::new(process.0.stdout.take().unwrap()).read_line(&mut greeting).unwrap();
    let port = greeting.split(" port ").nth(1).and_then(|rest| rest.split(' ').next()).unwrap().parse().unwrap();
    // Its backlog has room for five.
    came_whole(&pages, &fetch(&pages, port, &saved, 5), &saved);
}
