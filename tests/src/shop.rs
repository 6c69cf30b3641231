//! The whole system, in this process or deployed, with people.

use std::path::{Path, PathBuf};

use aws_config::SdkConfig;
use domain::Role;
use jsonwebtoken::{EncodingKey, Header};
use local::{Data, Gateway, Settings, Template};
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::{User, now_millis};

/// A running system. Its table is empty at first and ends with it, unless it was opened in a folder.
pub struct Shop {
    place: Place,
    http: reqwest::Client,
}

enum Place {
    Here(Box<Gateway>),
    Elsewhere(Box<Deployment>),
}

impl Shop {
    /// A system with nothing in it: the one that is deployed where there is one, else one of its own.
    pub async fn open() -> Self {
        if let Some(deployment) = Deployment::named().await {
            return Self { place: Place::Elsewhere(Box::new(deployment)), http: reqwest::Client::new() };
        }
        Self::open_with(Self::settings()).await
    }

    /// A system that keeps its data in `folder`.
    pub async fn open_in(folder: &Path) -> Self {
        Self::open_with(Settings { data: Data::Folder(folder.to_owned()), ..Self::settings() }).await
    }

    /// A system as `settings` want it, in this process: there is none such elsewhere.
    pub async fn open_with(settings: Settings) -> Self {
        assert!(
            !Deployment::is_named(),
            "what is deployed has settings of its own: `cargo xtask sam` leaves this test out"
        );
        let gateway = local::start(settings, local::functions()).await.unwrap();
        Self { place: Place::Here(Box::new(gateway)), http: reqwest::Client::new() }
    }

    /// The project's own template on a free port, with nothing kept.
    pub fn settings() -> Settings {
        Settings::in_memory(Template::File(Self::root().join("template.yaml")))
    }

    /// The port it listens on in this process.
    pub fn port(&self) -> u16 {
        self.gateway().address().port()
    }

    /// The folder of the workspace.
    pub fn root() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
    }

    /// A customer with this user id; the name is it with a capital.
    pub fn customer(&self, id: &str) -> User {
        self.user(id, Role::Customer)
    }

    /// An admin with this user id; the name is it with a capital.
    pub fn admin(&self, id: &str) -> User {
        self.user(id, Role::Admin)
    }

    /// Somebody without a token.
    pub fn nobody(&self) -> User {
        self.customer("nobody").with_token(None)
    }

    /// Somebody whose token expires in `seconds`, or has done so already.
    pub fn expiring(&self, id: &str, role: Role, seconds: i64) -> User {
        let name = capital(id);
        let token = self.sign(&json!({"sub": id, "role": role, "name": name, "exp": now_millis() / 1000 + seconds}));
        let base = self.base_url();
        User { id: id.to_owned(), role, name, token: Some(token), base, http: self.http.clone() }
    }

    /// A JWT with these claims, signed with the key this system trusts.
    pub fn sign(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(self.secret().as_bytes());
        jsonwebtoken::encode(&Header::default(), claims, &key).unwrap()
    }

    /// The local gateway itself. A journey that needs it cannot go elsewhere.
    pub fn gateway(&self) -> &Gateway {
        match &self.place {
            Place::Here(gateway) => gateway,
            Place::Elsewhere(deployment) => panic!("{} is no local gateway", deployment.base_url),
        }
    }

    /// Where the REST API is.
    pub fn base_url(&self) -> String {
        match &self.place {
            Place::Here(gateway) => gateway.base_url(),
            Place::Elsewhere(deployment) => deployment.base_url.clone(),
        }
    }

    /// Where a browser may come from.
    pub fn origin(&self) -> String {
        match &self.place {
            Place::Here(gateway) => gateway.base_url(),
            Place::Elsewhere(deployment) => deployment.origin.clone(),
        }
    }

    /// What tokens are signed with.
    pub fn secret(&self) -> String {
        match &self.place {
            Place::Here(gateway) => gateway.secret(),
            Place::Elsewhere(deployment) => deployment.secret.clone(),
        }
    }

    /// The way to its table, for whoever may do everything.
    pub fn sdk(&self) -> &SdkConfig {
        match &self.place {
            Place::Here(gateway) => gateway.sdk(),
            Place::Elsewhere(deployment) => &deployment.sdk,
        }
    }

    /// The name of its table.
    pub fn table(&self) -> &str {
        match &self.place {
            Place::Here(gateway) => gateway.table().unwrap(),
            Place::Elsewhere(deployment) => &deployment.table,
        }
    }

    /// Ends it, as Ctrl-C does.
    pub async fn close(self) {
        if let Place::Here(gateway) = self.place {
            gateway.stop().await;
        }
    }

    /// Has fresh admins say `count` messages, each within its rate limit.
    pub async fn fill(&self, conversation: impl std::fmt::Display, count: usize) {
        for number in 0..count {
            let admin = self.admin(&format!("filler{}", number / 20));
            admin.say(&conversation, &format!("filler {number}")).await;
        }
    }

    fn user(&self, id: &str, role: Role) -> User {
        self.expiring(id, role, 3600)
    }
}

fn capital(id: &str) -> String {
    let mut letters = id.chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
}
