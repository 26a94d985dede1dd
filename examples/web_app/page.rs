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
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'self'";

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
         <title>{title} · The wheelwright’s book</title>\n<link rel=\"icon\" href=\"{ICON}\">\n<style>\n{STYLE}</style>\n\
         <header><p>The wheelwright’s book</p>\n<nav>\n{}</nav></header>\n<main>\n<h1>{title}</h1>\n{content}</main>\n</html>\n",
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
        format!("<tr><td>{number}<td>{}<td>{}</tr>\n", escaped(customer), escaped(work))
    };
    let (rows, shown): (String, usize) = (latest.iter().map(row).collect(), latest.len());
    let head = "<thead><tr><th>No.<th>Customer<th>Work\n<tbody>\n";
    let list = match all {
        0 => "<p class=\"note\">No orders yet. Yours would be the first.</p>\n".to_owned(),
        _ => format!(
            "<table class=\"orders\">\n<caption>{shown} of {all}, the latest first</caption>\n{head}{rows}</table>\n"
        ),
    };
    html("Orders", &format!("{FORM}{list}"))
}

/// Each wait is a bar, from left to right as time goes.
pub(crate) fn prices(offers: &[Offer]) -> Response<Bytes> {
    let all = offers.iter().map(|offer| offer.wait[1]).max().unwrap_or_default();
    let percent = |part: Duration| part.as_secs_f64() / all.as_secs_f64() * 100.0;
    let row = |Offer { supplier, price, wait: [asked, answered] }: &Offer| {
        let supplier = escaped(supplier);
        let price = price.as_ref().map_or_else(|error| escaped(error), |price| format!("{} €", escaped(price)));
        let [from, length] = [*asked, *answered - *asked].map(percent);
        let [asked, answered] = [asked, answered].map(Duration::as_millis);
        let bar = format!("<i style=\"margin-left: {from:.1}%; width: {length:.1}%\"></i>");
        format!("<tr><td>{supplier}<td>{price}<td>{asked}–{answered} ms{bar}</tr>\n")
    };
    let rows: String = offers.iter().map(row).collect();
    let content = format!(
        "<p>A set of spokes, asked for just now.</p>\n\
         <table class=\"waits\">\n<thead><tr><th>Supplier<th>Price<th>Waited\n<tbody>\n{rows}</table>\n\
         <p>All answers were here after <strong>{} ms</strong>.\n\
         Ask <a href=\"/suppliers\">all at once</a> or <a href=\"/suppliers?in-a-row\">one after another</a>.</p>\n",
        all.as_millis()
    );
    html("Suppliers", &content)
}

pub(crate) fn report(orders: i64, took: Duration) -> Response<Bytes> {
    let content = format!(
        "<p>Orders in the book: <strong>{orders}</strong></p>\n\
         <p class=\"note\">The query held a thread of the pool for {} ms; the loop went on meanwhile.</p>\n",
        took.as_millis()
    );
    html("Report", &content)
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
