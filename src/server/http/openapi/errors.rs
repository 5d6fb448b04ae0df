//! What any call may be answered with when it is not done. Said here once, so that no call forgets it.

use serde_json::json;
use utoipa::{
    ToSchema as _,
    openapi::{
        Content, Header, Object, OpenApi as Description, Ref, RefOr, Response, ResponseBuilder, Type, path::Operation,
        schema::Components,
    },
};

use super::operations;
use crate::domain::error::{AppError, CHECK_FIELDS, ErrorCode};

/// One way of being refused, or of failing.
struct Refusal {
    status: &'static str,
    /// What it is called among the components.
    name: &'static str,
    description: &'static str,
    code: ErrorCode,
    message: &'static str,
    /// Which calls it can happen to, whether they say so or not.
    of: Of,
}

/// Some calls.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Of {
    All,
    /// With a parameter or a body.
    Asking,
    /// With a body.
    Sending,
    /// Not open to all.
    Closed,
    /// Those only that say so.
    Named,
}

const fn refusal(
    status: &'static str,
    name: &'static str,
    of: Of,
    code: ErrorCode,
    description: &'static str,
    message: &'static str,
) -> Refusal {
    Refusal { status, name, description, code, message, of }
}

/// All of them.
const REFUSALS: [Refusal; 11] = [
    refusal(
        "400",
        "BadRequest",
        Of::Asking,
        ErrorCode::Invalid,
        "It cannot be read (`bad_request`), or a field fails its rule (`invalid`, with the field)",
        CHECK_FIELDS,
    ),
    refusal(
        "401",
        "Unauthenticated",
        Of::Closed,
        ErrorCode::Unauthenticated,
        "No valid token or session",
        "Sign in to continue.",
    ),
    refusal(
        "403",
        "Forbidden",
        Of::Closed,
        ErrorCode::Forbidden,
        "The role or the scopes do not allow it, or the location may not be used",
        "This needs the role admin; yours is viewer.",
    ),
    refusal("404", "NotFound", Of::Named, ErrorCode::NotFound, "Not found", "There is no remote “photos”."),
    refusal(
        "408",
        "Slow",
        Of::Sending,
        ErrorCode::Timeout,
        "The body did not arrive in time",
        "The body did not arrive in time.",
    ),
    refusal(
        "409",
        "Conflict",
        Of::Named,
        ErrorCode::Conflict,
        "The name is taken, or the state does not allow it",
        "A remote named “photos” already exists. Choose another name.",
    ),
    refusal(
        "413",
        "TooLarge",
        Of::Sending,
        ErrorCode::TooLarge,
        "The body is larger than 1 MiB, or there is more than can be listed at once",
        "The body is larger than 1 MiB.",
    ),
    refusal(
        "429",
        "RateLimited",
        Of::All,
        ErrorCode::RateLimited,
        "Too many wrong credentials, on whichever route; or too many requests, sizes or listings of one person at once",
        "Too many attempts. Wait, and try again.",
    ),
    refusal(
        "500",
        "Failed",
        Of::All,
        ErrorCode::RcloneFailed,
        "rclone ended with an error (`rclone_failed`, in its own words), or anything else failed (`internal`, with a reference)",
        "The provider refused the credentials.",
    ),
    refusal(
        "503",
        "Unavailable",
        Of::All,
        ErrorCode::Unavailable,
        "Not available now: rclone is missing (`rclone_missing`), the console is not set up, the database is busy, or the console has too much to do at once (`unavailable`)",
        "The database is busy. Try again in a moment.",
    ),
    refusal(
        "504",
        "Timeout",
        Of::Named,
        ErrorCode::Timeout,
        "A time limit ran out",
        "The remote did not answer in time. Test it, or try again.",
    ),
];

/// Adds to each call the refusals that it does not name, and gives those that it names without a word of its own their
/// common ones.
pub(super) fn complete(description: &mut Description) {
    for operation in operations::each(description) {
        for refusal in &REFUSALS {
            let named = operation.responses.responses.get(refusal.status);
            let is_plain =
                named.is_some_and(|named| matches!(named, RefOr::T(response) if response.description.is_empty()));
            if is_plain || (named.is_none() && happens(refusal.of, operation)) {
                let common = Ref::new(format!("#/components/responses/{}", refusal.name));
                operation.responses.responses.insert(refusal.status.to_owned(), RefOr::Ref(common));
            }
        }
    }
    let components = description.components.get_or_insert_default();
    schemas(components);
    for refusal in &REFUSALS {
        components.responses.insert(refusal.name.to_owned(), RefOr::T(response(refusal)));
    }
}

fn happens(of: Of, operation: &Operation) -> bool {
    let sends = operation.request_body.is_some();
    let asks = sends || operation.parameters.as_ref().is_some_and(|parameters| !parameters.is_empty());
    // The ways in that it has of its own: an empty one lets everybody in.
    let is_open = operation
        .security
        .as_ref()
        .is_some_and(|ways| ways.is_empty() || ways.contains(&utoipa::openapi::SecurityRequirement::default()));
    match of {
        Of::All => true,
        Of::Asking => asks,
        Of::Sending => sends,
        Of::Closed => !is_open,
        Of::Named => false,
    }
}

/// The shape of an error, also where no call named it.
fn schemas(components: &mut Components) {
    let mut needed = vec![(AppError::name().into_owned(), <AppError as utoipa::PartialSchema>::schema())];
    AppError::schemas(&mut needed);
    for (name, schema) in needed {
        components.schemas.entry(name).or_insert(schema);
    }
}

fn response(refusal: &Refusal) -> Response {
    let mut error = AppError::new(refusal.code, refusal.message);
    match refusal.code {
        ErrorCode::Invalid => {
            error = AppError::invalid("source", "Write it as remote:path, or as an absolute path of this server.");
        }
        ErrorCode::RateLimited => error.retry_after = Some(20),
        _ => {}
    }
    let mut content = Content::new(Some(Ref::from_schema_name(AppError::name())));
    content.example = Some(json!(error));
    let response = ResponseBuilder::new().description(refusal.description).content("application/json", content);
    let header = |kind: Type, text: &str| {
        let mut header = Header::new(Object::with_type(kind));
        header.description = Some(text.to_owned());
        header
    };
    match refusal.code {
        ErrorCode::Unauthenticated => {
            response.header("WWW-Authenticate", header(Type::String, "How to show a token: `Bearer`")).build()
        }
        ErrorCode::RateLimited => response.header("Retry-After", header(Type::Integer, "Seconds to wait")).build(),
        _ => response.build(),
    }
}
