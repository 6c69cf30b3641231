//! The shop's tags. Agents can use them; only admins can change them.

use domain::{MAX_SHOP_TAGS, Tag, TagId, Time};
use protocol::{Problem, Settings, TagAnswer, TagList, TagRequest};
use runtime::{App, Failure, Reply, RestRequest};
use store::Put;

use crate::access::only_for_admins;
use crate::push::settings_updated;

pub(crate) async fn list(app: &App) -> Result<Reply, Failure> {
    let mut items = app.store.tags().await?;
    items.sort_by(|one, other| (&one.name, &one.id).cmp(&(&other.name, &other.id)));
    Reply::json(200, &TagList { items })
}

pub(crate) async fn create(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    only_for_admins(request.caller()?)?;
    let TagRequest { name, color } = request.body()?;
    let tag = Tag::new(TagId::from_random(runtime::random()), name, color)?;
    let tags = app.store.tags().await?;
    if tags.len() >= MAX_SHOP_TAGS {
        return Err(
            Problem::invalid("body", &format!("there are {MAX_SHOP_TAGS} tags, the most a shop can have")).into()
        );
    }
    refuse_taken(&tags, &tag)?;

    app.store.put_tag(&tag, Put::New).await?;
    settings_updated(app, Settings::Tags, None, now).await?;
    Reply::json(201, &TagAnswer { tag })
}

pub(crate) async fn change(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    only_for_admins(request.caller()?)?;
    let id: TagId = request.parameter("id").parse().map_err(|_| Problem::not_found())?;
    let TagRequest { name, color } = request.body()?;
    let tag = Tag::new(id, name, color)?;
    refuse_taken(&app.store.tags().await?, &tag)?;

    if !app.store.put_tag(&tag, Put::Replace).await? {
        return Err(Problem::not_found().into());
    }
    settings_updated(app, Settings::Tags, None, now).await?;
    Reply::json(200, &TagAnswer { tag })
}

pub(crate) async fn delete(app: &App, request: &RestRequest, now: Time) -> Result<Reply, Failure> {
    only_for_admins(request.caller()?)?;
    let id: TagId = request.parameter("id").parse().map_err(|_| Problem::not_found())?;

    if !app.store.delete_tag(&id).await? {
        return Err(Problem::not_found().into());
    }
    settings_updated(app, Settings::Tags, None, now).await?;
    list(app).await
}

/// Two tags of one name could not be told apart.
fn refuse_taken(tags: &[Tag], tag: &Tag) -> Result<(), Problem> {
    let is_taken = tags.iter().any(|other| other.id != tag.id && other.name.to_lowercase() == tag.name.to_lowercase());
    if is_taken { Err(Problem::invalid("name", "another tag has this name")) } else { Ok(()) }
}
