//! The page that a browser shows while there is no client to serve. It has no styles, because the
//! Content-Security-Policy allows only styles from files.

use bytes::Bytes;
use http::{HeaderValue, Response, header};
use http_body_util::Full;

use super::page;

/// The page during a build. It reloads itself every second until the client is ready.
pub(super) fn building() -> Response<Full<Bytes>> {
    let words = "The API already answers. The build takes a few seconds, the first time up to a minute. \
                 Then this page reloads.";
    let mut response = page(html("Building the pages", words));
    response.headers_mut().insert("refresh", HeaderValue::from_static("1"));
    response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
    response
}

/// The page if there is no client. `why` says the reason and what to do.
pub(super) fn absent(why: &str) -> Response<Full<Bytes>> {
    page(html("The pages are not available", &format!("{why} The API answers as usual.")))
}

fn html(title: &str, words: &str) -> String {
    format!(
        "<!doctype html>\n<html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"color-scheme\" content=\"light dark\">\
         <meta name=\"viewport\" content=\"width=device-width\"><title>{title}</title>\
         <h1>{title}</h1><p>{words}</p></html>\n"
    )
}
