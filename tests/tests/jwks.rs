//! Tokens of an identity provider that publishes its keys.
#![expect(clippy::unwrap_used, reason = "what cannot go on has failed")]

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::Mutex;

use data_encoding::{BASE64, BASE64URL_NOPAD, HEXLOWER};
use jsonwebtoken::jwk::Jwk;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use local::Settings;
use serde_json::{Value, json};
use tests::{Shop, es256_key, now_millis, rs256_key};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;

/// What is around the modulus in the usual encoding of a public key, in hexadecimal.
const BEFORE_MODULUS: &[u8] = b"30820122300d06092a864886f70d01010105000382010f003082010a0282010100";
const BEHIND_MODULUS: &[u8] = b"0203010001";

/// An identity provider: what it publishes, and how often it was asked.
#[derive(Clone, Default)]
struct Provider(Arc<Mutex<(Vec<Value>, usize)>>);

impl Provider {
    async fn open(&self) -> String {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let provider = self.clone();
        tokio::spawn(async move {
            while let Ok((mut socket, _)) = listener.accept().await {
                let mut request = [0; 4096];
                let _ = socket.read(&mut request).await;
                let body = {
                    let mut state = provider.0.lock().unwrap();
                    state.1 += 1;
                    json!({"keys": state.0}).to_string()
                };
                let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nconnection: close\r\n";
                let answer = format!("{head}content-length: {}\r\n\r\n{body}", body.len());
                let _ = socket.write_all(answer.as_bytes()).await;
            }
        });
        format!("http://{address}/keys")
    }

    fn publish(&self, kid: &str, key: &EncodingKey, algorithm: Algorithm) {
        let mut jwk = Jwk::from_encoding_key(key, algorithm).unwrap();
        jwk.common.key_id = Some(kid.to_owned());
        self.0.lock().unwrap().0.push(serde_json::to_value(jwk).unwrap());
    }

    fn asked(&self) -> usize {
        self.0.lock().unwrap().1
    }
}

async fn shop(provider: &Provider) -> Shop {
    let url = provider.open().await;
    let parameters = BTreeMap::from([("JwksUrl".to_owned(), url), ("JwtSecretName".to_owned(), String::new())]);
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
async fn published_keys_let_in_and_nothing_else_does() {
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
    let published = provider.0.lock().unwrap().0.clone();
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
async fn a_name_of_a_key_is_only_a_name() {
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
