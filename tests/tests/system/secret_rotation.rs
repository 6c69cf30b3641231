//! Rotation of the secret that signs tokens. Nobody is logged out, and nobody can make the
//! authorizer read the secret without limit.
#![expect(clippy::unwrap_used, reason = "a panic fails the test")]

use jsonwebtoken::{EncodingKey, Header};
use serde_json::json;
use tests::{Meter, Outage, Shop, now_millis};

const SECOND: &str = "the second secret of this shop, long enough";
const THIRD: &str = "the third secret of this shop, long enough";

/// A token that differs for each number, because the gateway caches the authorizer's answer for a
/// token.
fn token(secret: &str, number: usize) -> String {
    let claims = json!({
        "sub": "anna", "role": "customer", "name": "Anna", "exp": now_millis() / 1000 + 600, "jti": number.to_string(),
    });
    jsonwebtoken::encode(&Header::default(), &claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
}

async fn status(shop: &Shop, secret: &str, number: usize) -> u16 {
    shop.customer("anna").with_token(Some(&token(secret, number))).get("/api/sales/stats").await.status
}

/// How often the secret was read since the last call.
fn reads(meter: &Meter) -> usize {
    meter.take().iter().filter(|call| call.operation.as_deref() == Some("GetSecretValue")).count()
}

#[tokio::test]
async fn old_and_new_tokens_count_while_the_secret_is_rotated() {
    let shop = Shop::open_with(Shop::settings()).await;
    let first = shop.secret();
    assert_eq!(status(&shop, &first, 1).await, 200);
    assert_eq!(status(&shop, SECOND, 2).await, 403, "not before it is a version of the secret");

    let shop = Shop::open_with(Shop::settings()).await;
    let first = shop.secret();
    assert_eq!(status(&shop, &first, 1).await, 200);
    shop.gateway().rotate_secret(SECOND);
    assert_eq!(status(&shop, SECOND, 2).await, 200, "the new one");
    assert_eq!(status(&shop, &first, 3).await, 200, "the one before");
    assert_eq!(status(&shop, THIRD, 4).await, 403, "one that is none");
}

#[tokio::test]
async fn a_secret_two_rotations_old_is_refused() {
    let shop = Shop::open_with(Shop::settings()).await;
    let first = shop.secret();
    shop.gateway().rotate_secret(SECOND);
    shop.gateway().rotate_secret(THIRD);
    assert_eq!(status(&shop, THIRD, 1).await, 200);
    assert_eq!(status(&shop, SECOND, 2).await, 200);
    assert_eq!(status(&shop, &first, 3).await, 403);
}

#[tokio::test]
async fn a_bad_signature_has_the_secret_read_again_at_most_once_a_minute() {
    let meter = Meter::default();
    let shop = Shop::open_with(meter.settings()).await;
    let first = shop.secret();
    assert_eq!(status(&shop, &first, 1).await, 200);
    assert_eq!(reads(&meter), 2, "the current version and the one before");
    for number in 2..12 {
        assert_eq!(status(&shop, &first, number).await, 200);
    }
    assert_eq!(reads(&meter), 0, "it is kept");
    for number in 12..32 {
        assert_eq!(status(&shop, SECOND, number).await, 403);
    }
    assert_eq!(reads(&meter), 2, "one look");
    shop.gateway().rotate_secret(SECOND);
    assert_eq!(status(&shop, SECOND, 40).await, 403, "within that minute");
    assert_eq!(reads(&meter), 0);
}

/// If a token cannot be checked, the answer is an error, not a refusal. The gateway would cache a
/// refusal, and the client would throw the token away.
#[tokio::test]
async fn a_new_token_is_not_refused_while_the_secret_cannot_be_read() {
    let outage = Outage::default();
    let shop = Shop::open_with(outage.settings()).await;
    let first = shop.secret();
    assert_eq!(status(&shop, &first, 1).await, 200);
    shop.gateway().rotate_secret(SECOND);
    outage.begin(&["authorizer"]);
    assert_eq!(status(&shop, SECOND, 2).await, 500);
    outage.end();
    assert_eq!(status(&shop, SECOND, 2).await, 500, "not asked again within five seconds");
    assert_eq!(status(&shop, &first, 3).await, 200, "what is known still counts");
}

#[tokio::test]
async fn a_short_secret_is_refused() {
    let shop = Shop::open_with(Shop::settings()).await;
    let short = "31 bytes are one byte too few..";
    assert_eq!(short.len(), 31);
    shop.gateway().rotate_secret(short);
    // An error, not a refusal: the token may be valid.
    assert_eq!(status(&shop, short, 1).await, 500);
    // The operator then sets a longer secret, and the short one becomes the previous version.
    shop.gateway().rotate_secret(SECOND);
    assert_eq!(status(&shop, SECOND, 2).await, 200);
    assert_eq!(status(&shop, short, 3).await, 403);
}
