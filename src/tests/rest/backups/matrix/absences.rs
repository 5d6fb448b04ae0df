//! 503: a console that nobody has set up does nothing for anybody. One that lacks rclone is in `refusals`, a level
//! above.

use reqwest::StatusCode;
use serde_json::json;

use super::{anonymous, are, column, reach};
use crate::support::Console;

#[tokio::test]
async fn before_there_is_an_admin_none_of_the_eleven_does_anything() {
    let console = Console::start_bare();
    let status = StatusCode::SERVICE_UNAVAILABLE;
    let calls = column(status).into_iter().map(|endpoint| (endpoint, anonymous(&console, endpoint, &json!({}))));
    let answers = reach(status, calls.collect()).await;
    assert_eq!(answers.len(), 11);
    are(&answers, "unavailable");
}
