//! Launches without a pause, whose hops are answered by one broker after another.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{Broker, Ending, Stage};

/// How many launches are under way at the same time.
const AT_ONCE: usize = 3;

impl Stage {
    /// A launch of somebody: its sign-on is begun at the stage's broker, ended at one, and delivered by the other. The
    /// token that the publisher accepted.
    pub async fn launch_over(&self, person: &str, ends: &Broker, delivers: &Broker) -> String {
        let at = |form: &mut conformance::Form, broker: &Broker| {
            let moved = form.action.as_str().replace(&self.broker.url, &broker.url);
            form.action = url::Url::parse(&moved).unwrap();
        };
        let (mut browser, mut form) = self.until_token(person).await;
        at(&mut form, ends);
        let hop = browser.post_once(form.action.as_str(), &form.fields).await.unwrap();
        let door = format!("{}/lti/authorize", self.broker.url);
        let (hops, request) = browser.follow_until(hop, &door).await.unwrap();
        let mut request = request.unwrap_or_else(|| panic!("it was not parked: {:?}", hops.last()));
        at(&mut request, delivers);
        let hop = if request.posts {
            browser.post_once(request.action.as_str(), &request.fields).await.unwrap()
        } else {
            browser.get_once(request.action.as_str()).await.unwrap()
        };
        let delivery = hop.form().unwrap_or_else(|| panic!("it was not delivered: {hop:?}"));
        let token = delivery.value("id_token").unwrap_or_else(|| panic!("no token: {hop:?}")).to_owned();
        assert_eq!(self.go(&mut browser, &delivery).await, Ending::Delivered);
        token
    }

    /// Launches of one person over two brokers while `meanwhile` runs. Not one fails; their tokens, in their order.
    pub async fn under_load<T>(
        &self,
        person: &str,
        brokers: [&Broker; 2],
        meanwhile: impl Future<Output = T>,
    ) -> (T, Vec<String>) {
        let over = AtomicBool::new(false);
        let load = async {
            let mut tokens = Vec::new();
            while !over.load(Ordering::Relaxed) {
                let launches = (0..AT_ONCE)
                    .map(|n| self.launch_over(person, brokers[n % 2], brokers[(n + tokens.len()) % 2]));
                tokens.extend(futures::future::join_all(launches).await);
            }
            tokens
        };
        let script = async {
            let told = meanwhile.await;
            over.store(true, Ordering::Relaxed);
            told
        };
        tokio::join!(script, load)
    }

    /// Runs a command in the broker's environment while launches go on.
    pub async fn command_meanwhile(&self, arguments: &[&str]) -> super::Exit {
        let environment = self.broker.environment.clone();
        let arguments: Vec<_> = arguments.iter().map(|text| (*text).to_owned()).collect();
        let run = move || {
            let arguments: Vec<_> = arguments.iter().map(String::as_str).collect();
            super::passerelle_in(&environment, &arguments)
        };
        tokio::task::spawn_blocking(run).await.unwrap()
    }
}
