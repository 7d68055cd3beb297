//! A program that calls the API with a token of its own.

use reqwest::Method;
use serde_json::Value;

use crate::stage::Stage;

/// A program.
pub struct Program {
    base: String,
    token: Option<String>,
    client: reqwest::Client,
}

/// What it was answered.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    pub headers: reqwest::header::HeaderMap,
    pub text: String,
}

impl Answered {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// A header, or nothing.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    /// The entity tag.
    pub fn tag(&self) -> &str {
        self.header("etag")
    }

    /// The code of a problem, which must be told as one.
    pub fn code(&self) -> String {
        assert_eq!(self.header("content-type"), "application/problem+json", "{self:?}");
        let problem = self.json();
        assert_eq!(problem["status"], self.status, "{self:?}");
        problem["code"].as_str().unwrap().to_owned()
    }

    /// Where the mistakes are that a problem lists.
    pub fn pointers(&self) -> Vec<String> {
        let errors = self.json()["errors"].as_array().cloned().unwrap_or_default();
        errors.iter().map(|error| error["pointer"].as_str().unwrap_or_default().to_owned()).collect()
    }
}

impl Program {
    /// One without a token.
    pub fn stranger(stage: &Stage) -> Self {
        let base = format!("{}/api/v1", stage.broker.url);
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        Self { base, token: None, client }
    }

    /// One with a token for a role and scopes, made as an operator makes it.
    pub fn with(stage: &Stage, role: &[&str], scopes: &[&str]) -> Self {
        let mut arguments = vec!["tokens", "add", "--role"];
        arguments.extend(role);
        scopes.iter().for_each(|scope| arguments.extend(["--scope", scope]));
        let made = stage.command(&arguments);
        assert_eq!(made.code, Some(0), "{}", made.stderr);
        let token = made.stdout.trim_end().lines().last().unwrap().to_owned();
        Self { token: Some(token), ..Self::stranger(stage) }
    }

    /// One that may do everything that its role may.
    pub fn of(stage: &Stage, role: &[&str]) -> Self {
        const AREAS: [&str; 15] = [
            "ents",
            "schools",
            "people",
            "rosters",
            "organisations",
            "sectors",
            "tools",
            "resources",
            "agreements",
            "subscriptions",
            "assignments",
            "statistics",
            "journal",
            "privacy",
            "accounts",
        ];
        let scopes: Vec<String> = AREAS.iter().map(|area| format!("{area}:write")).collect();
        Self::with(stage, role, &scopes.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// An operator's.
    pub fn operator(stage: &Stage) -> Self {
        Self::of(stage, &["operator"])
    }

    /// Sends a request.
    pub async fn send(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: Option<String>,
    ) -> Answered {
        let method = Method::from_bytes(method.to_uppercase().as_bytes()).unwrap();
        let mut request = self.client.request(method, format!("{}{path}", self.base));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.body(body);
        }
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        Answered { status, headers, text: response.text().await.unwrap() }
    }

    pub async fn get(&self, path: &str) -> Answered {
        self.send("GET", path, &[], None).await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Answered {
        self.send("PUT", path, &[("content-type", "application/json")], Some(body.to_string())).await
    }

    /// Puts where it knows what is there.
    pub async fn change(&self, path: &str, tag: &str, body: &Value) -> Answered {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        self.send("PUT", path, &headers, Some(body.to_string())).await
    }

    pub async fn post(&self, path: &str, tag: &str, body: &Value) -> Answered {
        let headers = [("content-type", "application/json"), ("if-match", tag)];
        self.send("POST", path, &headers, Some(body.to_string())).await
    }

    pub async fn delete(&self, path: &str, tag: &str) -> Answered {
        self.send("DELETE", path, &[("if-match", tag)], None).await
    }
}
