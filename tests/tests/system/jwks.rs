//! Tokens of an identity provider that publishes its keys.
#![expect(clippy::unwrap_used, reason = "what cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use aws_smithy_async::time::{SharedTimeSource, TimeSource};
use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::Settings;
use runtime::{Context, Environment, LambdaEvent};
use serde_json::{Value, json};
use tests::{Shop, es256_key, now_millis, rs256_key};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What is around the modulus in the usual encoding of a public key, in hexadecimal.
const BEFORE_MODULUS: &[u8] = b"30820122300d06092a864886f70d01010105000382010f003082010a0282010100";
const BEHIND_MODULUS: &[u8] = b"0203010001";

/// An identity provider.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<Published>>);

#[derive(Default)]
struct Published {
    keys: Vec<Value>,
    /// How often it was asked.
    asked: usize,
    /// It answers with an error.
    is_down: bool,
}

/// A clock that stands, until it is set to so many seconds after the year 2100 began.
#[derive(Clone, Debug, Default)]
struct Clock(Arc<AtomicU64>);

impl Clock {
    fn set(&self, seconds: u64) {
        self.0.store(seconds, Ordering::Relaxed);
    }
}

impl TimeSource for Clock {
    fn now(&self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_secs(4_102_444_800 + self.0.load(Ordering::Relaxed))
    }
}

impl Provider {
    async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let provider = self.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let (status, body) = {
                    let mut published = provider.0.lock().unwrap();
                    published.asked += 1;
                    let status = if published.is_down { "503 Service Unavailable" } else { "200 OK" };
                    (status, json!({"keys": published.keys}).to_string())
                };
                let head = format!("HTTP/1.1 {status}\r\ncontent-type: application/json\r\nconnection: close\r\n");
                let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}/keys")
    }

    fn publish(&self, kid: &str, key: &EncodingKey, algorithm: Algorithm) {
        let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        self.0.lock().unwrap().keys.push(serde_json::to_value(jwk).unwrap());
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().asked
    }

    fn is_down(&self, is_down: bool) {
        self.0.lock().unwrap().is_down = is_down;
    }
}

async fn shop(provider: &Provider) -> Shop {
    let url = provider.open().await;
    let parameters = BTreeMap::from([("JwksUrl".to_owned(), url)]);
    Shop::open_with(Settings { parameters, ..Shop::settings() }).await
}

fn token(kid: Option<&str>, algorithm: Algorithm, key: &EncodingKey) -> String {
    let header = Header { kid: kid.map(str::to_owned), ..Header::new(algorithm) };
    let claims = json!({"sub": "anna", "role": "customer", "name": "Anna", "exp": now_millis() / 1000 + 600});
    jsonwebtoken::encode(&header, &claims, key).unwrap()
}

async fn status(shop: &Shop, token: &str) -> u16 {
    shop.customer("anna").with_token(Some(token)).get("/api/sales/stats").await.status
}

#[tokio::test]
async fn only_published_keys_are_accepted() {
    let provider = Provider::default();
    provider.publish("r", &rs256_key(), Algorithm::RS256);
    provider.publish("e", &es256_key(), Algorithm::ES256);
    let shop = shop(&provider).await;
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::RS256, &rs256_key())).await, 200);
    assert_eq!(status(&shop, &token(Some("e"), Algorithm::ES256, &es256_key())).await, 200);

    // Another key's name, another algorithm of the same key, no name at all.
    assert_eq!(status(&shop, &token(Some("e"), Algorithm::RS256, &rs256_key())).await, 403);
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::ES256, &es256_key())).await, 403);
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::PS256, &rs256_key())).await, 403);
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::RS512, &rs256_key())).await, 403);
    // The public key is no shared secret, in whichever form it is taken for one.
    let published = provider.0.lock().unwrap().keys.clone();
    let n = published[0]["n"].as_str().unwrap();
    let modulus = BASE64URL_NOPAD.decode(n.as_bytes()).unwrap();
    let der =
        [HEXLOWER.decode(BEFORE_MODULUS).unwrap(), modulus.clone(), HEXLOWER.decode(BEHIND_MODULUS).unwrap()].concat();
    let lines: Vec<String> =
        BASE64.encode(&der).as_bytes().chunks(64).map(|line| String::from_utf8_lossy(line).into()).collect();
    let pem = format!("-----BEGIN PUBLIC KEY-----\n{}\n-----END PUBLIC KEY-----\n", lines.join("\n"));
    let json = published[0].to_string();
    let forms: [&[u8]; 7] =
        [n.as_bytes(), &modulus, json.as_bytes(), &der, pem.as_bytes(), pem.trim_end().as_bytes(), b""];
    for form in forms {
        let key = EncodingKey::from_secret(form);
        assert_eq!(status(&shop, &token(Some("r"), Algorithm::HS256, &key)).await, 403);
    }
    // Nor is the local secret, where keys are published.
    let key = EncodingKey::from_secret(shop.secret().as_bytes());
    assert_eq!(status(&shop, &token(None, Algorithm::HS256, &key)).await, 403);
}

/// A name is looked up among the published keys, letter for letter, and is nothing else.
#[tokio::test]
async fn a_key_id_is_only_looked_up() {
    let provider = Provider::default();
    provider.publish("r", &rs256_key(), Algorithm::RS256);
    let shop = shop(&provider).await;
    let own = jsonwebtoken::EncodingKey::from_secret(b"x");
    for kid in ["", "R", " r", "r ", "r\0", "r/../r", "../r", "r#", "keys", "0", "' OR 1=1 --", &"r".repeat(4_000)] {
        for (algorithm, key) in [(Algorithm::RS256, &rs256_key()), (Algorithm::HS256, &own)] {
            assert_eq!(status(&shop, &token(Some(kid), algorithm, key)).await, 403, "{kid:?}");
        }
    }
    assert_eq!(status(&shop, &token(None, Algorithm::RS256, &rs256_key())).await, 403, "no name");
    // Nobody looks for a key where a token says.
    let trap = Provider::default();
    trap.publish("mine", &rs256_key(), Algorithm::RS256);
    let elsewhere = Some(trap.open().await);
    let claims = json!({"sub": "anna", "role": "customer", "name": "Anna", "exp": now_millis() / 1000 + 600});
    let mut header = Header { kid: Some("mine".to_owned()), jku: elsewhere.clone(), ..Header::new(Algorithm::RS256) };
    header.x5u = elsewhere;
    header.jwk = Some(Jwk::from_encoding_key(&rs256_key(), Algorithm::RS256).unwrap());
    let forged = jsonwebtoken::encode(&header, &claims, &rs256_key()).unwrap();
    assert_eq!((status(&shop, &forged).await, trap.asked()), (403, 0));
}

#[tokio::test]
async fn an_unknown_key_is_asked_for_at_most_once_a_minute() {
    let provider = Provider::default();
    provider.publish("r", &rs256_key(), Algorithm::RS256);
    let shop = shop(&provider).await;
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::RS256, &rs256_key())).await, 200);
    for n in 0..10 {
        assert_eq!(status(&shop, &token(Some(&format!("unknown{n}")), Algorithm::RS256, &rs256_key())).await, 403);
    }
    assert!(provider.asked() <= 2, "asked {} times", provider.asked());
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::RS256, &rs256_key())).await, 200);
}

/// A provider may publish keys for other things, which this version cannot even read.
#[tokio::test]
async fn a_key_of_an_unknown_kind_hides_no_other() {
    let provider = Provider::default();
    provider.0.lock().unwrap().keys.extend([
        json!({"kty": "AKP", "kid": "q", "alg": "ML-DSA-44", "pub": "AAAA"}),
        json!({"kid": "r"}),
        json!("r"),
    ]);
    provider.publish("r", &rs256_key(), Algorithm::RS256);
    let shop = shop(&provider).await;
    assert_eq!(status(&shop, &token(Some("r"), Algorithm::RS256, &rs256_key())).await, 200);
    assert_eq!(status(&shop, &token(Some("q"), Algorithm::RS256, &rs256_key())).await, 403);
}

/// A provider that is down makes no good token a bad one: what cannot be checked is not answered, and what can be still counts.
#[tokio::test]
async fn a_provider_that_is_down_makes_no_token_invalid() {
    let (provider, clock) = (Provider::default(), Clock::default());
    provider.publish("r", &rs256_key(), Algorithm::RS256);
    let environment: Environment =
        [("TABLE_NAME".to_owned(), "none".to_owned()), ("JWKS_URL".to_owned(), provider.open().await)]
            .into_iter()
            .collect();
    let shop = Shop::open_with(Shop::settings()).await;
    let sdk = shop.gateway().sdk().to_builder().time_source(SharedTimeSource::new(clock.clone())).build();
    let authorizer = authorizer::start(&environment, &sdk).unwrap();
    let claims = json!({"sub": "anna", "role": "customer", "name": "Anna", "exp": 4_102_444_800_u64 + 86_400});
    // Whether the key that is called `kid` lets in; nothing where there is no answer.
    let let_in = async |kid: &str| {
        let header = Header { kid: Some(kid.to_owned()), ..Header::new(Algorithm::RS256) };
        let token = jsonwebtoken::encode(&header, &claims, &rs256_key()).unwrap();
        let event = json!({"headers": {"authorization": format!("Bearer {token}")}});
        let answer = authorizer.call(LambdaEvent::new(event, Context::default())).await;
        answer.ok().map(|answer| answer["isAuthorized"] == true)
    };

    provider.is_down(true);
    assert_eq!((let_in("r").await, provider.asked()), (None, 1), "nobody knows");
    provider.is_down(false);
    clock.set(4);
    assert_eq!((let_in("r").await, provider.asked()), (None, 1), "not asked again within five seconds");
    clock.set(5);
    assert_eq!((let_in("r").await, provider.asked()), (Some(true), 2));
    assert_eq!((let_in("none").await, provider.asked()), (Some(false), 2), "fetched just now");

    provider.is_down(true);
    clock.set(4_000);
    assert_eq!((let_in("r").await, provider.asked()), (Some(true), 3), "what is known still counts");
    assert_eq!(let_in("none").await, None, "it may be new");
    provider.is_down(false);
    clock.set(4_010);
    assert_eq!((let_in("none").await, provider.asked()), (Some(false), 4));

    // A clock that is set back does not keep anybody from asking until it has caught up.
    clock.set(10);
    provider.publish("new", &rs256_key(), Algorithm::RS256);
    assert_eq!((let_in("new").await, provider.asked()), (Some(true), 5));
    assert_eq!((let_in("none").await, provider.asked()), (Some(false), 5), "and then at most once a minute");
}
