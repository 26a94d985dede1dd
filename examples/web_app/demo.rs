//! Turns the application into what it shows: waits overlap, the loop goes on, a crossing has its price, an order is kept.

use std::error::Error;
use std::path::Path;
use std::time::{Duration, Instant};

use http::header::{ALLOW, LOCATION};
use http::{Response, StatusCode};
use support::heartbeat::Heartbeat;
use wheelwright_http::{Body, Client, Policy, Server};

use crate::database::Database;
use crate::handlers::{DELAY, SUPPLIERS};
use crate::{GRACE, MOST_BYTES, crossings, start};

const REPORTS: usize = 10;
/// What somebody enters who means harm, as a browser sends it, as it was meant, and as a page may show it.
const SENT: &str = "customer=Mallory&work=%3Cscript%3Ealert%281%29%3C%2Fscript%3E%27%29%3B+DROP+TABLE+orders%3B";
const MEANT: &str = "<script>alert(1)</script>'); DROP TABLE orders;";
const SHOWN: &str = "&lt;script&gt;alert(1)&lt;/script&gt;&#39;); DROP TABLE orders;";

type Outcome<T> = Result<T, Box<dyn Error>>;

pub(crate) async fn show(file: &Path) -> Outcome<()> {
    let database = Database::open(file)?;
    let running = start(0, database.clone())?;
    let site = format!("http://{}", running.local_addr());
    let client = Client::builder().redirect(Policy::none()).build()?;
    let together = suppliers(&client, &site).await?.as_millis();
    let late = reports(&client, &site, &database).await?.as_secs_f64() * 1e3;
    let crossing = crossings::show(&client, &database).await?.as_micros();
    order(&client, &site, file).await?;
    running.shutdown(GRACE).await;
    println!(
        "\nIn one server pages wait and pages block: five slow services took {together} ms together, reports that block kept a \
         heartbeat waiting for {late:.1} ms, and the way to a thread and back costs {crossing} us."
    );
    Ok(())
}

async fn suppliers(client: &Client, site: &str) -> Outcome<Duration> {
    println!("a  A page of {} services, each of which answers after {} ms", SUPPLIERS.len(), DELAY.as_millis());
    let mut took = Vec::new();
    for (name, path) in [("one after another", "/suppliers?in-a-row"), ("all at once", "/suppliers")] {
        let begun = Instant::now();
        let page = client.get(format!("{site}{path}"))?.send().await?.text().await?;
        took.push(begun.elapsed());
        println!("   {name:<20}{:>7} ms", begun.elapsed().as_millis());
        assert!(page.matches(" €<td>").count() == SUPPLIERS.len(), "every price is there");
    }
    assert!(took[1] < took[0] / 2, "waits that overlap take the time of the longest, not the sum");
    Ok(took[1])
}

async fn reports(client: &Client, site: &str, database: &Database) -> Outcome<Duration> {
    println!(
        "\nb  A report that blocks, asked for {REPORTS} times: how late the worst heartbeat is (but for one in 100)"
    );
    let database = database.clone();
    let wrong = Server::bind("127.0.0.1:0")?.serve(move |_| {
        let counted = database.slow().expect("it reads nothing"); // meanwhile the loop stands still
        async move { Response::new(Body::from(counted.to_string())) }
    });
    let wrong = format!("http://{}/", wrong.local_addr());
    let mut late = Vec::new();
    for (name, url) in [("on the loop", &wrong), ("on the pool", &format!("{site}/report"))] {
        let heartbeat = Heartbeat::start();
        for _ in 0..REPORTS {
            client.get(url)?.send().await?.error_for_status()?.bytes().await?;
        }
        late.push(heartbeat.stop().await);
        println!("   {name:<20}{:>7.1} ms", late[late.len() - 1].as_secs_f64() * 1e3);
    }
    assert!(late[1] < late[0] / 2, "a handler that blocks holds up a thread of the pool, and nobody else");
    Ok(late[1])
}

async fn order(client: &Client, site: &str, file: &Path) -> Outcome<()> {
    println!(
        "\nd  An order of somebody who means harm, and requests that are refused; layers number and time them all"
    );
    let get = async |path: &str| client.get(format!("{site}{path}"))?.send().await;
    let post = async |body: String| client.post(format!("{site}/orders"))?.body(body).send().await;
    let answers = [
        ("POST /orders", StatusCode::SEE_OTHER, post(SENT.into()).await?),
        ("POST /orders, without a name", StatusCode::UNPROCESSABLE_ENTITY, post("work=Wheels".into()).await?),
        ("POST /orders, too long", StatusCode::PAYLOAD_TOO_LARGE, post("w".repeat(MOST_BYTES + 1)).await?),
        ("GET /orders", StatusCode::METHOD_NOT_ALLOWED, get("/orders").await?),
        ("GET /attic", StatusCode::NOT_FOUND, get("/attic").await?),
    ];
    let mut last = 0;
    for (what, expected, response) in &answers {
        let header = |name| response.headers().get(name).expect("a layer sets it").to_str();
        let (number, took) = (header("x-request-id")?.parse::<u64>()?, header("server-timing")?);
        println!("   {what:<32}{:<28}number {number:<4}{took}", response.status().to_string());
        assert_eq!(response.status(), *expected, "{what}");
        assert!(last < number, "a layer counts on");
        last = number;
    }
    assert_eq!(answers[0].2.headers()[LOCATION], "/", "a browser goes on to the page that shows the order");
    assert_eq!(answers[3].2.headers()[ALLOW], "POST", "who may not do that is told what may be done");
    let page = get("/").await?.text().await?;
    assert!(page.contains(SHOWN) && !page.contains("<script"), "what was entered is text, whatever it looks like");
    let kept = Database::open(file)?.latest()?; // a connection of its own reads what is in the file
    assert!(matches!(&kept[..], [order] if order.work == MEANT), "one order is in the file, as it was meant");
    println!("   the page and the file have the order: {MEANT}");
    Ok(())
}
