//! Turns one server into an application of two kinds of pages: those that wait for others, and those that block.
//!
//! `cargo run --release --example web_app --features sqlite` asks it for its pages, and takes three seconds. Followed by
//! `-- --serve [--port N] [--db FILE]` it prints `listening on ADDR` and serves until Ctrl-C or SIGTERM; the orders of a run
//! without a FILE are gone with it. For those who know Django: handlers that await are its async views, handlers that block its
//! sync views, and what goes around both is its middleware.
//!
//! Try: `curl -i` a page, and read the header `server-timing`. Then have the loop make the reports: in `handlers.rs`, let
//! `/report` be `report(&self.database, &request).expect("it can be read").map(Body::full)`. Who waits for whom now, and what
//! does this program say of it?

mod crossings; // a page of queries, asked for in three ways -> the price of a crossing
mod database; // a file <-> the orders in it
mod demo; // the application -> what it shows
mod handlers; // a request -> a page
mod layers; // a handler -> one with limits, a number, a clock
mod page; // words -> HTML

use std::error::Error;
use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::rc::Rc;
use std::time::Duration;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use wheelwright::{block_on, race, signal};
use wheelwright_http::{Running, Server};

use database::Database;
use handlers::App;

/// What requests under way have once the end is asked for.
const GRACE: Duration = Duration::from_secs(5);

/// A form has a few lines; a longer body is answered with 413.
const MOST_BYTES: usize = 16 << 10;

fn main() -> ExitCode {
    match run(&options()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("web_app: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run(options: &ArgMatches) -> Result<(), Box<dyn Error>> {
    let folder = Folder(std::env::temp_dir().join(format!("wheelwright-web_app-{}", std::process::id())));
    let file = match options.get_one::<PathBuf>("db") {
        Some(file) => file.clone(),
        None => {
            fs::create_dir_all(&folder.0)?;
            folder.0.join("orders.sqlite")
        }
    };
    match options.get_flag("serve") {
        true => block_on(serve(*options.get_one("port").expect("it has a default"), &file)),
        false => block_on(demo::show(&file)),
    }
}

/// A folder for this run, gone with it however it ends.
struct Folder(PathBuf);

impl Drop for Folder {
    fn drop(&mut self) {
        // If there is none, the orders were kept elsewhere.
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Reads the command line; a wrong one ends the program with code 2.
fn options() -> ArgMatches {
    let serve = Arg::new("serve").long("serve").action(ArgAction::SetTrue).help("Serve until Ctrl-C or SIGTERM");
    let port = Arg::new("port").long("port").value_name("N").value_parser(value_parser!(u16)).default_value("0");
    let file = Arg::new("db").long("db").value_name("FILE").value_parser(value_parser!(PathBuf));
    Command::new("web_app")
        .about("An order book, and its suppliers' prices.")
        .arg(serve)
        .arg(port.requires("serve").help("Listen there; 0 for a free port"))
        .arg(file.requires("serve").help("Keep the orders there"))
        .get_matches()
}

async fn serve(port: u16, file: &Path) -> Result<(), Box<dyn Error>> {
    let (interrupt, terminate) = (signal::ctrl_c(), signal::terminate()); // whoever reads the address may send them
    let running = start(port, Database::open(file)?)?;
    println!("listening on {}", running.local_addr());
    race(interrupt, terminate).await?;
    running.shutdown(GRACE).await;
    Ok(())
}

/// The whole application: layers around handlers, of which some wait and some block.
fn start(port: u16, database: Database) -> Result<Running, Box<dyn Error>> {
    let app = Rc::new(App::new(database)?);
    let handler = move |request| Rc::clone(&app).answer(request);
    let server = Server::bind((Ipv4Addr::LOCALHOST, port))?;
    Ok(server.serve(layers::numbered(layers::timed(layers::whole(MOST_BYTES, handler)))))
}
