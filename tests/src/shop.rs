//! The whole system, in this process or deployed, and its users.

use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::time::Duration;

use aws_config::SdkConfig;
use domain::{ConversationStatus, Role};
use jsonwebtoken::{EncodingKey, Header};
use local::{Data, Gateway, Settings, Template};
use protocol::Conversation;
use serde_json::{Value, json};

use crate::deployment::Deployment;
use crate::{User, now_millis};

/// A running system. Its table is empty at first and is deleted with it, unless it was opened in a
/// folder.
pub struct Shop {
    location: Location,
    http: reqwest::Client,
}

enum Location {
    InProcess(Box<Gateway>),
    Deployed(Box<Deployment>),
}

impl Shop {
    /// An empty system: the deployed one if the environment names one, otherwise a new one in this
    /// process.
    pub async fn open() -> Self {
        if let Some(deployment) = Deployment::named().await {
            return Self { location: Location::Deployed(Box::new(deployment)), http: reqwest::Client::new() };
        }
        Self::open_with(Self::settings()).await
    }

    /// An empty system whose functions are also called by the table's stream and by schedules, as in
    /// a deployed one.
    pub async fn open_with_triggers() -> Self {
        if Deployment::is_named() {
            return Self::open().await;
        }
        Self::open_with(Settings { triggers: true, ..Self::settings() }).await
    }

    /// A system that keeps its data in `folder`.
    pub async fn open_in(folder: &Path) -> Self {
        Self::open_with(Settings { data: Data::Folder(folder.to_owned()), ..Self::settings() }).await
    }

    /// A system with these settings, always in this process.
    pub async fn open_with(settings: Settings) -> Self {
        assert!(
            !Deployment::is_named(),
            "this test needs its own settings, which a deployed system does not have: `cargo xtask sam` must leave it out"
        );
        let gateway = local::start(settings, local::functions()).await.unwrap();
        Self { location: Location::InProcess(Box::new(gateway)), http: reqwest::Client::new() }
    }

    /// The project's template on a free port, with data in memory.
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

    /// A customer with this user id. The name is the id with a capital letter.
    pub fn customer(&self, id: &str) -> User {
        self.user(id, Role::Customer)
    }

    /// An admin with this user id. The name is the id with a capital letter.
    pub fn admin(&self, id: &str) -> User {
        self.user(id, Role::Admin)
    }

    /// A customer without a token.
    pub fn nobody(&self) -> User {
        self.customer("nobody").with_token(None)
    }

    /// A user whose token expires in `seconds`; a negative number means that it has expired.
    pub fn expiring(&self, id: &str, role: Role, seconds: i64) -> User {
        let name = capital(id);
        let token = self.sign(&json!({"sub": id, "role": role, "name": name, "exp": now_millis() / 1000 + seconds}));
        let base = self.base_url();
        User { id: id.to_owned(), role, name, token: Some(token), base, http: self.http.clone() }
    }

    /// A JWT with these claims, signed with the key that this system trusts.
    pub fn sign(&self, claims: &Value) -> String {
        let key = EncodingKey::from_secret(self.secret().as_bytes());
        jsonwebtoken::encode(&Header::default(), claims, &key).unwrap()
    }

    /// The local gateway. Panics if the system is deployed.
    pub fn gateway(&self) -> &Gateway {
        match &self.location {
            Location::InProcess(gateway) => gateway,
            Location::Deployed(deployment) => panic!("{} is not a local gateway", deployment.base_url),
        }
    }

    /// The base URL of the REST API.
    pub fn base_url(&self) -> String {
        match &self.location {
            Location::InProcess(gateway) => gateway.base_url(),
            Location::Deployed(deployment) => deployment.base_url.clone(),
        }
    }

    /// The allowed origin of browsers.
    pub fn origin(&self) -> String {
        match &self.location {
            Location::InProcess(gateway) => gateway.base_url(),
            Location::Deployed(deployment) => deployment.origin.clone(),
        }
    }

    /// The secret that signs tokens.
    pub fn secret(&self) -> String {
        match &self.location {
            Location::InProcess(gateway) => gateway.secret(),
            Location::Deployed(deployment) => deployment.secret.clone(),
        }
    }

    /// The SDK configuration for its table, with all permissions.
    pub fn sdk(&self) -> &SdkConfig {
        match &self.location {
            Location::InProcess(gateway) => gateway.sdk(),
            Location::Deployed(deployment) => &deployment.sdk,
        }
    }

    /// The name of its table.
    pub fn table(&self) -> &str {
        match &self.location {
            Location::InProcess(gateway) => gateway.table().unwrap(),
            Location::Deployed(deployment) => &deployment.table,
        }
    }

    /// Looks for what is due, as the schedule does every minute. A deployed system does it by itself.
    pub async fn sweep(&self) {
        if let Location::InProcess(gateway) = &self.location {
            gateway.invoke("Deadlines", json!({ "source": "aws.scheduler" })).await.unwrap();
        }
    }

    /// Waits until a conversation has this status: after [`Shop::sweep`] it has, and a deployed system
    /// may take more than a minute.
    pub async fn wait_for_status(&self, id: impl Display, status: ConversationStatus) {
        self.wait_for_conversation(id, &format!("{status:?}"), |it| it.status == status).await;
    }

    /// The same for anything else that an admin sees of a conversation.
    pub async fn wait_for_conversation(&self, id: impl Display, what: &str, is: impl Fn(&Conversation) -> bool) {
        let admin = self.admin("waiting");
        let waiting = async {
            while !is(&admin.conversation(&id).await) {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
        };
        let longest = if Deployment::is_named() { Duration::from_secs(90) } else { Duration::from_secs(1) };
        tokio::time::timeout(longest, waiting).await.unwrap_or_else(|_| panic!("{id} does not become {what}"));
    }

    /// Stops the system, as Ctrl-C does.
    pub async fn close(self) {
        if let Location::InProcess(gateway) = self.location {
            gateway.stop().await;
        }
    }

    /// Sends `count` messages by new admins, so that nobody exceeds the rate limit.
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
