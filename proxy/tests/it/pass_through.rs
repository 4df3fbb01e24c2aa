//! What the client sends is what the upstream gets, and back.

use crate::support::{Answer, Mock, Running};

#[tokio::test]
async fn a_request_and_its_answer_pass_unchanged() {
    let mock = Mock::start(|_| Answer::whole("application/json", "{\"id\": \"msg_1\" }")).await;
    let proxy = Running::before(&mock).await;
    let sent = "{ \"model\":\"claude-opus-4-8\",\n \"max_tokens\": 5, \"messages\":[] }";
    let answer = proxy.post("/v1/messages?beta=true", sent).await;
    assert_eq!(answer.status(), 200);
    assert_eq!(answer.body(), "{\"id\": \"msg_1\" }");
    let arrived = &mock.arrived()[0];
    assert_eq!(arrived.line, "POST /v1/messages?beta=true");
    assert_eq!(arrived.body, sent);
    let [entry] = &proxy.ledger(1).await[..] else { panic!("one entry") };
    assert_eq!(entry.path, "POST /v1/messages");
    assert_eq!(entry.status, Some(200));
    assert_eq!(entry.requested_model.as_deref(), Some("claude-opus-4-8"));
}
