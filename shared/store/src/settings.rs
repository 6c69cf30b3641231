//! What the shop has set: its tags, canned responses and SLA, and the admins whom a conversation can
//! be assigned to. They change rarely, so each is an item of its own that is read and written as a
//! whole, as `v`.

use aws_sdk_dynamodb::operation::delete_item::DeleteItemError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use domain::{CannedResponse, Person, SlaPolicy, Tag, TagId, Time};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::key::{self, s};
use crate::{Error, Store};

#[derive(Deserialize, Serialize)]
struct SettingItem<T> {
    pk: String,
    sk: String,
    v: T,
}

/// Whose canned responses.
#[derive(Clone, Copy, Debug)]
pub enum CannedResponsesOf<'a> {
    /// Those of all admins.
    Shop,
    /// Those of the admin with this user id.
    Admin(&'a str),
}

impl CannedResponsesOf<'_> {
    fn key(self) -> String {
        match self {
            Self::Shop => key::SHOP_RESPONSES.to_owned(),
            Self::Admin(user_id) => key::responses_of(user_id),
        }
    }
}

/// Whether an item may or must be there before it is put.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Put {
    /// It is new.
    New,
    /// It replaces one that exists.
    Replace,
}

/// The policy of the SLA, and which one it is.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub(crate) struct StoredPolicy {
    pub(crate) policy: Option<SlaPolicy>,
    /// When it was set, in milliseconds.
    pub(crate) version: i64,
}

impl Store {
    /// The shop's tags, in no particular order.
    pub async fn tags(&self) -> Result<Vec<Tag>, Error> {
        self.settings(key::TAGS).await
    }

    /// Puts a tag. Returns false if it is to be replaced and does not exist.
    pub async fn put_tag(&self, tag: &Tag, put: Put) -> Result<bool, Error> {
        self.put_setting(key::TAGS, tag.id.as_str(), tag, put).await
    }

    /// Deletes a tag. Conversations keep its id, which means nothing any more. Returns false if it does
    /// not exist.
    pub async fn delete_tag(&self, id: &TagId) -> Result<bool, Error> {
        self.delete_setting(key::TAGS, id.as_str()).await
    }

    /// Canned responses, in no particular order.
    pub async fn canned_responses(&self, of: CannedResponsesOf<'_>) -> Result<Vec<CannedResponse>, Error> {
        self.settings(&of.key()).await
    }

    /// Puts a canned response. Returns false if it is to be replaced and does not exist.
    pub async fn put_canned_response(
        &self,
        of: CannedResponsesOf<'_>,
        response: &CannedResponse,
        put: Put,
    ) -> Result<bool, Error> {
        self.put_setting(&of.key(), response.id.as_str(), response, put).await
    }

    /// Deletes a canned response. Returns false if it does not exist.
    pub async fn delete_canned_response(&self, of: CannedResponsesOf<'_>, id: &TagId) -> Result<bool, Error> {
        self.delete_setting(&of.key(), id.as_str()).await
    }

    /// The admins who have got a ticket, in no particular order.
    pub async fn admins(&self) -> Result<Vec<Person>, Error> {
        self.settings(key::ADMINS).await
    }

    /// Returns true if this is the user id of an admin who has got a ticket.
    pub async fn is_admin(&self, user_id: &str) -> Result<bool, Error> {
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key::key(key::ADMINS, user_id)));
        Ok(get.projection_expression("pk").send().await?.item.is_some())
    }

    /// Remembers an admin, so that conversations can be assigned to them. Writes only if the name is
    /// new.
    pub async fn remember_admin(&self, admin: &Person) -> Result<(), Error> {
        let key = key::key(key::ADMINS, &admin.user_id);
        let found = self.client.get_item().table_name(&self.table).set_key(Some(key)).send().await?.item;
        let known = found.map(serde_dynamo::from_item::<_, SettingItem<Person>>).transpose()?;
        if known.is_none_or(|known| known.v.name != admin.name) {
            let item = SettingItem { pk: key::ADMINS.to_owned(), sk: admin.user_id.clone(), v: admin };
            let item = serde_dynamo::to_item(item)?;
            self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        }
        Ok(())
    }

    /// Sets the policy of the SLA at `now`, or removes it.
    pub async fn put_sla_policy(&self, policy: Option<SlaPolicy>, now: Time) -> Result<(), Error> {
        let stored = StoredPolicy { policy, version: now.millis() };
        let item = SettingItem { pk: key::SHOP_SETTINGS.to_owned(), sk: key::SLA.to_owned(), v: stored };
        let item = serde_dynamo::to_item(item)?;
        self.client.put_item().table_name(&self.table).set_item(Some(item)).send().await?;
        Ok(())
    }

    pub(crate) async fn stored_policy(&self) -> Result<Option<StoredPolicy>, Error> {
        let key = key::key(key::SHOP_SETTINGS, key::SLA);
        let get = self.client.get_item().table_name(&self.table).set_key(Some(key)).consistent_read(true);
        let found = get.send().await?.item.map(serde_dynamo::from_item::<_, SettingItem<StoredPolicy>>).transpose()?;
        Ok(found.map(|item| item.v))
    }

    async fn settings<T: DeserializeOwned>(&self, pk: &str) -> Result<Vec<T>, Error> {
        let mut items = self
            .client
            .query()
            .table_name(&self.table)
            .key_condition_expression("pk = :pk")
            .expression_attribute_values(":pk", s(pk))
            .consistent_read(true)
            .into_paginator()
            .items()
            .send();
        let mut settings = Vec::new();
        while let Some(item) = items.next().await {
            settings.push(serde_dynamo::from_item::<_, SettingItem<T>>(item?)?.v);
        }
        Ok(settings)
    }

    async fn put_setting<T: Serialize>(&self, pk: &str, sk: &str, v: T, put: Put) -> Result<bool, Error> {
        let item = serde_dynamo::to_item(SettingItem { pk: pk.to_owned(), sk: sk.to_owned(), v })?;
        let condition = match put {
            Put::New => "attribute_not_exists(pk)",
            Put::Replace => "attribute_exists(pk)",
        };
        let put = self.client.put_item().table_name(&self.table).set_item(Some(item)).condition_expression(condition);
        match put.send().await {
            Ok(_) => Ok(true),
            Err(error) if error.as_service_error().is_some_and(PutItemError::is_conditional_check_failed_exception) => {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    async fn delete_setting(&self, pk: &str, sk: &str) -> Result<bool, Error> {
        let delete = self
            .client
            .delete_item()
            .table_name(&self.table)
            .set_key(Some(key::key(pk, sk)))
            .condition_expression("attribute_exists(pk)");
        match delete.send().await {
            Ok(_) => Ok(true),
            Err(error)
                if error.as_service_error().is_some_and(DeleteItemError::is_conditional_check_failed_exception) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }
}
