//! Finds the route of a request. A route with an exact path comes before a greedy one, and a greedy
//! one before `$default`. In each segment a literal comes before a variable.

use std::collections::BTreeMap;

use http::Method;
use percent_encoding::percent_decode_str;

use crate::template::HttpRoute;

/// A route, and the values of its path variables in one request.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) route: &'a HttpRoute,
    pub(super) variables: BTreeMap<String, String>,
}

impl Found<'_> {
    /// The route's key, such as `GET /orders/{id}`.
    pub(super) fn key(&self) -> String {
        match &self.route.path {
            Some(path) => format!("{} {path}", self.route.method.as_deref().unwrap_or("ANY")),
            None => "$default".to_owned(),
        }
    }
}

/// How well a segment fits. A smaller value is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Literal,
    Variable,
    Greedy,
}

/// Finds the best route for a request.
pub(super) fn find<'a>(routes: &'a [HttpRoute], method: &Method, path: &str) -> Option<Found<'a>> {
    let for_method = |route: &&HttpRoute| route.method.as_ref().is_none_or(|own| own == method.as_str());
    let fitting = routes.iter().filter(for_method).filter_map(|route| match &route.path {
        Some(pattern) => {
            let (fit, variables) = matching(pattern, path)?;
            let rank = (false, fit.contains(&Fit::Greedy), fit, route.method.is_none());
            Some((rank, Found { route, variables }))
        }
        None => Some(((true, true, Vec::new(), true), Found { route, variables: BTreeMap::new() })),
    });
    fitting.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, found)| found)
}

fn matching(pattern: &str, path: &str) -> Option<(Vec<Fit>, BTreeMap<String, String>)> {
    let (mut fit, mut variables) = (Vec::new(), BTreeMap::new());
    let mut rest = Some(path.strip_prefix('/')?);
    for segment in pattern.trim_start_matches('/').split('/') {
        let remaining = rest?;
        let (own, after) = remaining.split_once('/').map_or((remaining, None), |(own, after)| (own, Some(after)));
        match segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}')) {
            Some(name) => {
                let greedy = name.strip_suffix('+');
                let value = if greedy.is_some() { remaining } else { own };
                if value.is_empty() {
                    return None;
                }
                let value = percent_decode_str(value).decode_utf8_lossy().into_owned();
                variables.insert(greedy.unwrap_or(name).to_owned(), value);
                fit.push(if greedy.is_some() { Fit::Greedy } else { Fit::Variable });
                rest = if greedy.is_some() { None } else { after };
            }
            None if segment == own => {
                fit.push(Fit::Literal);
                rest = after;
            }
            None => return None,
        }
    }
    rest.is_none().then_some((fit, variables))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn route(method: &str, path: &str) -> HttpRoute {
        HttpRoute {
            method: Some(method.to_owned()).filter(|method| method != "ANY"),
            path: Some(path.to_owned()).filter(|path| path != "$default"),
            function: String::new(),
            authorizer: None,
            timeout: None,
        }
    }

    fn key(routes: &[HttpRoute], method: &Method, path: &str) -> Option<String> {
        find(routes, method, path).map(|found| found.key())
    }

    #[test]
    fn the_most_specific_route_answers() {
        let routes = [
            route("ANY", "$default"),
            route("ANY", "/{all+}"),
            route("ANY", "/orders/{id}"),
            route("GET", "/orders/{id}"),
            route("GET", "/orders/mine"),
            route("GET", "/orders/{all+}"),
        ];
        let key = |method, path| key(&routes, &method, path).expect("a route");
        assert_eq!(key(Method::GET, "/orders/mine"), "GET /orders/mine");
        assert_eq!(key(Method::GET, "/orders/7"), "GET /orders/{id}");
        assert_eq!(key(Method::PUT, "/orders/7"), "ANY /orders/{id}");
        assert_eq!(key(Method::GET, "/orders/7/items"), "GET /orders/{all+}");
        assert_eq!(key(Method::GET, "/elsewhere"), "ANY /{all+}");
        assert_eq!(key(Method::GET, "/"), "$default");
    }

    #[test]
    fn a_path_matches_whole_or_not_at_all() {
        let routes = [route("GET", "/orders/{id}")];
        for path in ["/orders", "/orders/", "/orders/7/", "/orders/7/8", "/Orders/7"] {
            assert_eq!(key(&routes, &Method::GET, path), None, "{path}");
        }
        assert_eq!(key(&routes, &Method::POST, "/orders/7"), None);
    }

    #[test]
    fn variables_arrive_decoded() {
        let routes = [route("GET", "/a/{one}/{rest+}")];
        let found = find(&routes, &Method::GET, "/a/x%20y/b/c%2Fd").expect("a route");
        assert_eq!(found.variables["one"], "x y");
        assert_eq!(found.variables["rest"], "b/c/d");
    }
}
