//! Turns what an application knows into HTML: plain pages, legible without a script, by day and night, large and small.

use std::time::Duration;

use bytes::Bytes;
use http::header::{ALLOW, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION};
use http::{HeaderValue, Response, StatusCode};

use crate::database::Order;
use crate::handlers::Offer;

const STYLE: &str = include_str!("page.css");

const FORM: &str = r#"<form method="post" action="/orders">
<label>Customer <input name="customer" required maxlength="200" autocomplete="name"></label>
<label>Work <input name="work" required maxlength="200" autocomplete="off"></label>
<button>Order</button>
</form>
"#;

/// A wheel, for the browser's tab.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 16 16' fill='none' stroke='%23b3661d' \
    stroke-width='1.5'%3E%3Ccircle cx='8' cy='8' r='6.5'/%3E%3Cpath d='M8 1v14M1 8h14M3 3l10 10M13 3L3 13'/%3E%3C/svg%3E";

/// Nothing but what stands in the page: whatever found its way into it as markup would neither load nor run.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'; base-uri 'none'";

/// What a template puts between tags, or in a value between double quotes, means itself there.
fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;")
}

fn html(title: &str, content: &str) -> Response<Bytes> {
    let links = [("/", "Orders"), ("/suppliers", "Suppliers"), ("/report", "Report")];
    let link = |(path, name): (&str, &str)| {
        let here = if name == title { " aria-current=\"page\"" } else { "" };
        format!("<a href=\"{path}\"{here}>{name}</a>\n")
    };
    let text = format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <title>{title} · The wheelwright's book</title>\n<link rel=\"icon\" href=\"{ICON}\">\n<style>\n{STYLE}</style>\n\
         <header><p>The wheelwright's book</p>\n<nav>\n{}</nav></header>\n<main>\n<h1>{title}</h1>\n{content}</main>\n</html>\n",
        links.map(link).concat()
    );
    let mut response = Response::new(Bytes::from(text));
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(POLICY));
    headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response
}

pub(crate) fn orders(latest: &[Order], all: i64) -> Response<Bytes> {
    let row = |order: &Order| {
        let Order { number, customer, work } = order;
        format!("<tr><td>{number}</td><td>{}</td><td>{}</td></tr>\n", escaped(customer), escaped(work))
    };
    let rows: String = latest.iter().map(row).collect();
    let list = match all {
        0 => "<p class=\"note\">No orders yet. Yours would be the first.</p>\n".to_owned(),
        _ => format!(
            "<table>\n<caption>{} of {all}, the latest first</caption>\n\
             <tr><th>No.</th><th>Customer</th><th>Work</th></tr>\n{rows}</table>\n",
            latest.len()
        ),
    };
    html("Orders", &format!("{FORM}{list}"))
}

pub(crate) fn prices(offers: &[Offer], took: Duration) -> Response<Bytes> {
    let row = |Offer { supplier, price, took }: &Offer| {
        let price = price.as_ref().map_or_else(|error| escaped(error), |price| format!("{} s.", escaped(price)));
        format!("<tr><td>{}</td><td>{price}</td><td>{} ms</td></tr>\n", escaped(supplier), took.as_millis())
    };
    let (rows, all) =
        (offers.iter().map(row).collect::<String>(), offers.iter().map(|offer| offer.took).sum::<Duration>());
    html(
        "Suppliers",
        &format!(
            "<p>A set of spokes, asked for just now.</p>\n<table>\n<tr><th>Supplier</th><th>Price</th><th>Answered after</th></tr>\n{rows}</table>\n\
             <p>All answers were here after <strong id=\"took\">{} ms</strong>; their waits add up to {} ms.</p>\n\
             <p><a href=\"/suppliers\">Ask all at once</a> or <a href=\"/suppliers?in-a-row\">one after another</a>.</p>\n",
            took.as_millis(),
            all.as_millis()
        ),
    )
}

pub(crate) fn report(orders: i64, took: Duration) -> Response<Bytes> {
    let took = took.as_millis();
    html(
        "Report",
        &format!(
            "<p>Orders in the book: <strong>{orders}</strong></p>\n\
             <p class=\"note\">The query held a thread of the pool for {took} ms; the loop went on meanwhile.</p>\n"
        ),
    )
}

pub(crate) fn fault(status: StatusCode, what: &str) -> Response<Bytes> {
    let title = status.canonical_reason().unwrap_or("Fault");
    let mut response = html(title, &format!("<p>{what}</p>\n<p><a href=\"/\">Back to the orders</a></p>\n"));
    *response.status_mut() = status;
    response
}

pub(crate) fn not_allowed(methods: &'static str) -> Response<Bytes> {
    let mut response = fault(StatusCode::METHOD_NOT_ALLOWED, "This page cannot be used so.");
    response.headers_mut().insert(ALLOW, HeaderValue::from_static(methods));
    response
}

pub(crate) fn see_other(path: &'static str) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    *response.status_mut() = StatusCode::SEE_OTHER;
    response.headers_mut().insert(LOCATION, HeaderValue::from_static(path));
    response
}
