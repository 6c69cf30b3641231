//! Authentication: tokens are checked as RFC 8725 recommends, and a ticket is valid once.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use std::collections::BTreeMap;

use data_encoding::BASE64URL_NOPAD;
use domain::Role;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::Settings;
use serde_json::{Value, json};
use tests::{Shop, es256_key, now_millis, rs256_key};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;

fn claims() -> Value {
    json!({"sub": "anna", "role": "customer", "name": "Anna", "exp": now_millis() / 1000 + 600})
}

/// Valid claims with these changes. `null` removes a claim.
fn with(changes: &Value) -> Value {
    let mut claims = claims();
    for (name, value) in changes.as_object().unwrap() {
        if value.is_null() {
            claims.as_object_mut().unwrap().remove(name);
        } else {
            claims[name] = value.clone();
        }
    }
    claims
}

fn signed(algorithm: Algorithm, claims: &Value, secret: &[u8]) -> String {
    jsonwebtoken::encode(&Header::new(algorithm), claims, &EncodingKey::from_secret(secret)).unwrap()
}

/// The first two parts of a token, without a signature.
fn unsigned(header: &Value, claims: &Value) -> String {
    let part = |value: &Value| BASE64URL_NOPAD.encode(value.to_string().as_bytes());
    format!("{}.{}", part(header), part(claims))
}

/// A token with any header and any claims, signed with this secret.
fn signed_with(header: &Value, claims: &str, secret: &[u8]) -> String {
    let part = |text: &str| BASE64URL_NOPAD.encode(text.as_bytes());
    let message = format!("{}.{}", part(&header.to_string()), part(claims));
    let key = EncodingKey::from_secret(secret);
    let signature = jsonwebtoken::crypto::sign(message.as_bytes(), &key, Algorithm::HS256).unwrap();
    format!("{message}.{signature}")
}

async fn refused(shop: &Shop, what: &str, token: &str) {
    let answer = shop.customer("anna").with_token(Some(token)).get("/api/sales/stats").await;
    assert_eq!((answer.status, answer.json()), (403, json!({"message": "Forbidden"})), "{what}");
    let answer = shop.customer("anna").with_token(Some(token)).post("/api/chat/ticket", &json!({})).await;
    assert_eq!(answer.status, 403, "{what}: no ticket either");
}

async fn admitted(shop: &Shop, what: &str, token: &str) {
    let answer = shop.customer("anna").with_token(Some(token)).get("/api/sales/stats").await;
    assert_eq!(answer.status, 200, "{what}: {}", answer.text);
}

#[tokio::test]
async fn only_the_agreed_key_and_algorithm() {
    let shop = Shop::open().await;
    let secret = shop.secret().into_bytes();
    admitted(&shop, "a good one", &signed(Algorithm::HS256, &claims(), &secret)).await;

    for alg in ["none", "None", "NONE", "nOnE", ""] {
        let bare = unsigned(&json!({"alg": alg, "typ": "JWT"}), &claims());
        refused(&shop, alg, &format!("{bare}.")).await;
        refused(&shop, alg, &bare).await;
        refused(&shop, alg, &format!("{bare}.AAAA")).await;
    }
    let bare = unsigned(&json!({"typ": "JWT"}), &claims());
    refused(&shop, "no algorithm", &format!("{bare}.AAAA")).await;

    refused(&shop, "another key", &signed(Algorithm::HS256, &claims(), b"another secret of 32 or more bytes!")).await;
    refused(&shop, "an empty key", &signed(Algorithm::HS256, &claims(), b"")).await;
    refused(&shop, "HS384", &signed(Algorithm::HS384, &claims(), &secret)).await;
    refused(&shop, "HS512", &signed(Algorithm::HS512, &claims(), &secret)).await;
    for (alg, key) in
        [(Algorithm::RS256, rs256_key()), (Algorithm::ES256, es256_key()), (Algorithm::PS256, rs256_key())]
    {
        let token = jsonwebtoken::encode(&Header::new(alg), &claims(), &key).unwrap();
        refused(&shop, "a key of the wrong kind", &token).await;
    }
    // The header names another algorithm than the one of the signature.
    let good = signed(Algorithm::HS256, &claims(), &secret);
    let signature = good.rsplit('.').next().unwrap();
    let renamed = unsigned(&json!({"alg": "RS256", "typ": "JWT"}), &claims());
    refused(&shop, "a borrowed signature", &format!("{renamed}.{signature}")).await;
}

/// The algorithm belongs to the key. Nothing in a token's header selects another key, another
/// algorithm or another kind of token.
#[tokio::test]
async fn a_token_header_cannot_choose_the_key() {
    let shop = Shop::open().await;
    let (secret, claims) = (shop.secret().into_bytes(), claims().to_string());
    let with = |name: &str, value: &Value| {
        let mut header = json!({"alg": "HS256", "typ": "JWT"});
        header[name] = value.clone();
        header
    };
    for typ in ["JWT", "jwt", "at+jwt"] {
        admitted(&shop, typ, &signed_with(&with("typ", &json!(typ)), &claims, &secret)).await;
    }
    admitted(&shop, "no type", &signed_with(&json!({"alg": "HS256"}), &claims, &secret)).await;
    for typ in ["", "JWE", "JOSE", "secevent+jwt", "logout+jwt", "dpop+jwt", "jwt ", "application/jwt"] {
        refused(&shop, typ, &signed_with(&with("typ", &json!(typ)), &claims, &secret)).await;
    }
    for (name, value) in [
        ("typ", json!(7)),
        ("typ", json!(["JWT"])),
        ("crit", json!(["exp"])),
        ("crit", json!(["b64"])),
        ("crit", json!([])),
        ("alg", json!(["HS256"])),
        ("alg", json!("hs256")),
        ("kid", json!(7)),
        ("kid", json!({"S": "x"})),
    ] {
        refused(&shop, &format!("{name} {value}"), &signed_with(&with(name, &value), &claims, &secret)).await;
    }
    // A key in the token, or at an address that the token names, is never used.
    let own = b"the attacker's own secret, long enough";
    let jwk = json!({"kty": "oct", "alg": "HS256", "k": BASE64URL_NOPAD.encode(own)});
    for (name, value) in [
        ("kid", json!("../../../../dev/null")),
        ("kid", json!("' UNION SELECT 'x' --")),
        ("kid", json!("order-chat/jwt\u{0}")),
        ("kid", json!("AWSCURRENT")),
        ("kid", json!("x".repeat(4_000))),
        ("jwk", jwk.clone()),
        ("jku", json!("http://127.0.0.1:9/keys")),
        ("x5u", json!("http://127.0.0.1:9/certificate")),
        ("x5c", json!(["AAAA"])),
    ] {
        for secret in [own.as_slice(), b"", b"\0"] {
            refused(&shop, &format!("{name} {value}"), &signed_with(&with(name, &value), &claims, secret)).await;
        }
    }
    // With a shared secret, `kid` is ignored.
    admitted(&shop, "a kid", &signed_with(&with("kid", &json!("../x")), &claims, &secret)).await;
}

#[tokio::test]
async fn only_the_signed_text_counts() {
    let shop = Shop::open().await;
    let good = shop.sign(&claims());
    admitted(&shop, "a good one", &good).await;
    let parts: Vec<&str> = good.split('.').collect();
    let forged = BASE64URL_NOPAD.encode(with(&json!({"role": "admin"})).to_string().as_bytes());
    for (what, token) in [
        ("other claims", format!("{}.{forged}.{}", parts[0], parts[2])),
        ("a cut signature", good[..good.len() - 2].to_owned()),
        ("no signature", format!("{}.{}.", parts[0], parts[1])),
        ("a longer signature", format!("{good}AAAA")),
        ("a fourth part", format!("{good}.AAAA")),
        ("five parts", format!("{good}.AAAA.AAAA")),
        ("padding", format!("{good}=")),
        ("padding of the claims", format!("{}.{}=.{}", parts[0], parts[1], parts[2])),
        ("a line end in the claims", format!("{}.{}%0A.{}", parts[0], parts[1], parts[2])),
        ("a space in the claims", format!("{}.{} {}.{}", parts[0], &parts[1][..8], &parts[1][8..], parts[2])),
        ("a space in the signature", format!("{}.{}.{} {}", parts[0], parts[1], &parts[2][..8], &parts[2][8..])),
        ("one part", parts[0].to_owned()),
        ("nothing but dots", "..".to_owned()),
        ("no base64", "a.b.c".to_owned()),
        ("two tokens", format!("{good},{good}")),
        ("a long one", "A".repeat(8_000)),
    ] {
        refused(&shop, what, &token).await;
    }
    for header in [good.clone(), format!("Basic {good}"), "Bearer".to_owned(), format!("Bearer{good}")] {
        let nobody = shop.nobody();
        let answer = nobody.call(reqwest::Method::GET, "/api/sales/stats", &[("authorization", &header)], None).await;
        assert_eq!((answer.status, answer.json()), (403, json!({"message": "Forbidden"})), "{header}");
    }
}

#[tokio::test]
async fn every_claim_is_checked() {
    let shop = Shop::open().await;
    let now = now_millis() / 1000;
    for changes in [
        json!({"exp": null}),
        json!({"exp": now - 1}),
        json!({"exp": 0}),
        json!({"exp": -1}),
        json!({"exp": "tomorrow"}),
        json!({"exp": {}}),
        json!({"sub": null}),
        json!({"sub": ""}),
        json!({"sub": 7}),
        json!({"sub": "system"}),
        json!({"sub": "x".repeat(129)}),
        json!({"sub": "é".repeat(65)}),
        json!({"role": null}),
        json!({"role": ""}),
        json!({"role": "system"}),
        json!({"role": "Admin"}),
        json!({"role": "root"}),
        json!({"role": ["admin"]}),
        json!({"name": 7}),
        json!({"nbf": now + 60}),
        json!({"nbf": (now - 1).to_string()}),
        json!({"nbf": [now - 1]}),
        json!({"iat": now.to_string()}),
        json!({"iat": {}}),
        json!({"jti": 7}),
        json!({"iss": 7}),
        json!({"iss": ["https://id.example"]}),
        json!({"aud": 7}),
        json!({"aud": {"shop": true}}),
        json!({"aud": ["shop", 7]}),
        json!({"aud": [["shop"]]}),
    ] {
        refused(&shop, &changes.to_string(), &shop.sign(&with(&changes))).await;
    }
    // JSON does not define the meaning of duplicate names, so the authorizer refuses them.
    let secret = shop.secret().into_bytes();
    let header = json!({"alg": "HS256", "typ": "JWT"});
    let claims = claims().to_string();
    for more in [r#""role":"admin","#, r#""sub":"ben","#, r#""exp":9999999999,"#, r#""iss":null,"#, r#""nbf":null,"#]
        .into_iter()
        .chain([r#""iss":"x","iss":"x","#, r#""aud":"x","aud":["x"],"#, r#""nbf":1,"nbf":9999999999,"#])
    {
        let twice = claims.replacen('{', &format!("{{{more}"), 1);
        refused(&shop, &twice, &signed_with(&header, &twice, &secret)).await;
    }
    for exp in ["1e999", "-1e999", "NaN", "\"9999999999\"", "[9999999999]", "true"] {
        let odd = format!(r#"{{"sub":"anna","role":"customer","name":"Anna","exp":{exp}}}"#);
        refused(&shop, &odd, &signed_with(&header, &odd, &secret)).await;
    }
    for none in ["", "[]", "null", "\"admin\"", &format!("{claims}{claims}"), &claims[..claims.len() - 1]] {
        refused(&shop, none, &signed_with(&header, none, &secret)).await;
    }
    for changes in [
        json!({"sub": "x".repeat(128)}),
        json!({"sub": "é".repeat(64)}),
        json!({"sub": "a#b/c d"}),
        json!({"exp": now + 60}),
        json!({"iss": "anybody", "aud": "anything"}),
        json!({"iat": now, "nbf": now - 1, "jti": "x", "roles": ["admin"]}),
        // A provider's clock may be a little ahead, and its numbers have a fraction.
        json!({"iat": now + 5, "nbf": now + 5}),
        json!({"nbf": 1.5}),
    ] {
        admitted(&shop, &changes.to_string(), &shop.sign(&with(&changes))).await;
    }
}

#[tokio::test]
async fn issuer_and_audience_are_checked_where_configured() {
    let parameters = [("JwtIssuer", "https://id.example"), ("JwtAudience", "shop")];
    let parameters = parameters.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let shop = Shop::open_with(Settings { parameters: BTreeMap::from(parameters), ..Shop::settings() }).await;
    let good = json!({"iss": "https://id.example", "aud": "shop"});
    admitted(&shop, "both right", &shop.sign(&with(&good))).await;
    admitted(&shop, "one of several", &shop.sign(&with(&json!({"iss": "https://id.example", "aud": ["x", "shop"]}))))
        .await;
    for wrong in [
        json!({}),
        json!({"iss": "https://id.example"}),
        json!({"aud": "shop"}),
        json!({"iss": "https://id.example/", "aud": "shop"}),
        json!({"iss": "https://id.example", "aud": "shops"}),
        json!({"iss": "https://id.example", "aud": []}),
        json!({"iss": "", "aud": ""}),
        json!({"iss": ["https://id.example"], "aud": "shop"}),
        json!({"iss": ["https://id.example", "https://evil.example"], "aud": "shop"}),
        json!({"iss": "https://id.example", "aud": ["shop", 7]}),
        json!({"iss": "https://id.example", "aud": [["shop"]]}),
        json!({"iss": "HTTPS://id.example", "aud": "shop"}),
        json!({"iss": "https://id.example", "aud": " shop"}),
    ] {
        refused(&shop, &wrong.to_string(), &shop.sign(&with(&wrong))).await;
    }
}

/// An answer may be cached, but not longer than the token is valid.
#[tokio::test]
async fn a_cached_token_still_expires() {
    let shop = Shop::open().await;
    let expires = now_millis() / 1000 + 3;
    let anna = shop.expiring("anna", Role::Customer, 3);
    let ticket = anna.ticket().await;
    assert!(ticket.expires_in <= 3, "{} s", ticket.expires_in);
    while now_millis() / 1000 < expires - 1 {
        anna.stats().await;
    }
    while now_millis() / 1000 <= expires {
        anna.get("/api/health").await;
    }
    for path in ["/api/sales/stats", "/api/chat/conversations"] {
        anna.get(path).await.refused_by_gateway(403);
    }
    anna.post("/api/sales", &tests::lamp()).await.refused_by_gateway(403);
    anna.post("/api/chat/ticket", &json!({})).await.refused_by_gateway(403);
    assert_eq!(status_of(&ticket.url, None).await, 403, "a ticket outlives its token");
    assert_eq!(shop.customer("anna").stats().await.total, 0);
}

async fn status_of(url: &str, origin: Option<&str>) -> u16 {
    let mut request = url.into_client_request().unwrap();
    if let Some(origin) = origin {
        request.headers_mut().insert("origin", origin.parse().unwrap());
    }
    match tokio_tungstenite::connect_async(request).await {
        Ok((_, answer)) => answer.status().as_u16(),
        Err(tungstenite::Error::Http(answer)) => answer.status().as_u16(),
        Err(other) => panic!("{url}: {other}"),
    }
}

#[tokio::test]
async fn a_ticket_answer_has_user_and_url() {
    let shop = Shop::open().await;
    let ticket = shop.admin("ben").ticket().await;
    assert!((1..=60).contains(&ticket.expires_in));
    assert!(ticket.url.starts_with("ws://") && ticket.url.contains(&ticket.ticket), "{}", ticket.url);
    assert_eq!(
        (ticket.user.user_id.as_str(), ticket.user.role, ticket.user.name.as_str()),
        ("ben", Role::Admin, "Ben")
    );
    assert!((ticket.server_time.millis() - now_millis()).abs() < 30_000);
    assert_ne!(ticket.ticket, shop.admin("ben").ticket().await.ticket);
}

/// A name counts characters when it is checked, and bytes when it is stored.
#[tokio::test]
async fn a_name_of_many_bytes_is_cut_at_a_character() {
    let shop = Shop::open().await;
    let mut claims = claims();
    claims["name"] = "😀".repeat(200).into();
    let anna = shop.customer("anna").with_token(Some(&shop.sign(&claims)));
    let cut = format!("{}…", "😀".repeat(63));
    assert_eq!(anna.ticket().await.user.name, cut);
    let placed = anna.order().await;
    assert_eq!((placed.order.customer_name.as_str(), cut.len()), (cut.as_str(), 255));
    let mut body = tests::lamp();
    body["customerId"] = "anna".into();
    body["customerName"] = "é".repeat(200).into();
    let placed: protocol::OrderAnswer = shop.admin("ben").post("/api/sales", &body).await.expect(201);
    assert_eq!(placed.conversation.customer_name, format!("{}…", "é".repeat(126)));
    claims["name"] = "é".repeat(128).into();
    let anna = shop.customer("anna").with_token(Some(&shop.sign(&claims)));
    assert_eq!(anna.ticket().await.user.name, "é".repeat(128));
}

#[tokio::test]
async fn a_ticket_works_once() {
    let shop = Shop::open().await;
    let url = shop.customer("anna").ticket().await.url;
    assert_eq!(status_of(&url, None).await, 101);
    assert_eq!(status_of(&url, None).await, 403);

    let url = shop.customer("anna").ticket().await.url;
    let tries = futures_util::future::join_all((0..10).map(|_| status_of(&url, None))).await;
    assert_eq!(tries.iter().filter(|status| **status == 101).count(), 1, "{tries:?}");
    assert_eq!(tries.iter().filter(|status| **status == 403).count(), 9, "{tries:?}");
}

#[tokio::test]
async fn a_ticket_lasts_a_minute() {
    let shop = Shop::open().await;
    let anna = shop.customer("anna");
    let url = shop.stale_ticket(&anna).await.url;
    assert_eq!(status_of(&url, None).await, 403);
}

#[tokio::test]
async fn forged_tickets_are_refused() {
    let shop = Shop::open().await;
    let ticket = shop.customer("anna").ticket().await;
    let (bare, _) = ticket.url.split_once('?').unwrap();
    for forged in ["x", "AAAA", &ticket.ticket[1..], &format!("{}A", ticket.ticket), &"A".repeat(4_000), "%00", "a%20b"]
    {
        assert_eq!(status_of(&format!("{bare}?ticket={forged}"), None).await, 403, "{forged}");
    }
    assert_eq!(status_of(bare, None).await, 401);
    assert_eq!(status_of(&format!("{bare}?ticket="), None).await, 401);
    // A token is not accepted as a ticket.
    let token = shop.sign(&claims());
    assert_eq!(status_of(&format!("{bare}?ticket={token}"), None).await, 403);
    // A ticket is not accepted as a token.
    refused(&shop, "a ticket for a token", &ticket.ticket).await;
    assert_eq!(status_of(&ticket.url, None).await, 101, "it is still good");
}

#[tokio::test]
async fn other_origins_cannot_connect_and_use_up_no_ticket() {
    let shop = Shop::open().await;
    let url = shop.customer("anna").ticket().await.url;
    let own = shop.origin();
    let (_, host) = own.split_once("://").unwrap();
    for foreign in [
        "https://evil.example",
        "null",
        "",
        "*",
        host,
        &format!("{own}.evil.example"),
        &format!("{own}@evil.example"),
        &format!("{own}/"),
        &format!("{own}0"),
        &format!("{own}, {own}"),
        &format!("{own} https://evil.example"),
        &format!("http://evil.{host}"),
        &format!("http://evil-{host}"),
        &own.to_uppercase(),
        &own.replace("http:", "https:"),
        &own.replace("http:", "ws:"),
        &own[..own.len() - 1],
    ] {
        assert_eq!(status_of(&url, Some(foreign)).await, 403, "{foreign:?}");
    }
    assert_eq!(status_of(&url, Some(&own)).await, 101);
}
