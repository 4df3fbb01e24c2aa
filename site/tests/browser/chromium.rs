//! Chromium, driven over its own protocol: <https://chromedevtools.github.io/devtools-protocol/> (read 2026-11-21).

use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tungstenite::{Message, WebSocket};

/// How long anything may take.
const PATIENCE: Duration = Duration::from_secs(90);

/// What it is called, by system.
const NAMES: [&str; 6] = [
    "chromium",
    "chromium-browser",
    "google-chrome",
    "google-chrome-stable",
    "chrome",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
];

const FLAGS: [&str; 16] = [
    "--headless",
    // It shows nothing but pages of ours, and containers forbid the sandbox.
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-extensions",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--no-default-browser-check",
    "--mute-audio",
    "--lang=en-US",
    "--remote-debugging-port=0",
    // The same pixels on every machine, as far as a browser can.
    "--font-render-hinting=none",
    "--disable-lcd-text",
    "--force-color-profile=srgb",
];

/// A running browser; it ends when this is dropped.
pub(crate) struct Browser {
    process: Child,
    port: u16,
    control: Mutex<Socket>,
    /// `Chrome/156.0.8078.79`
    pub(crate) version: String,
    _profile: TempDir,
}

/// A page with a profile of its own.
pub(crate) struct Tab<'a> {
    socket: Socket,
    browser: &'a Browser,
    context: Value,
}

struct Socket {
    stream: WebSocket<TcpStream>,
    next: u64,
    events: Vec<Value>,
}

impl Browser {
    pub(crate) fn launch() -> Self {
        let profile = TempDir::new().unwrap();
        let mut command = Command::new(program());
        command.args(FLAGS).arg(format!("--user-data-dir={}", profile.path().display()));
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        let mut process = command.arg("about:blank").spawn().unwrap();
        let file = profile.path().join("DevToolsActivePort");
        let start = Instant::now();
        let (port, path) = loop {
            let text = fs_err::read_to_string(&file).unwrap_or_default();
            let mut lines = text.lines();
            if let (Some(port), Some(path)) = (lines.next(), lines.next()) {
                break (port.parse().unwrap(), path.to_owned());
            }
            if start.elapsed() > PATIENCE {
                let _ = process.kill();
                panic!("chromium has not started in {PATIENCE:?}");
            }
            std::thread::sleep(Duration::from_millis(20));
        };
        let mut control = Socket::open(port, &path);
        let version = control.call("Browser.getVersion", &json!({}));
        let version = version["product"].as_str().unwrap_or_default().to_owned();
        Self { process, port, control: Mutex::new(control), version, _profile: profile }
    }

    /// A new page, with nothing in it and nothing stored.
    pub(crate) fn tab(&self) -> Tab<'_> {
        let mut control = self.control.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let context = control.call("Target.createBrowserContext", &json!({}));
        let context = context["browserContextId"].clone();
        let target = json!({ "url": "about:blank", "browserContextId": context });
        let target = control.call("Target.createTarget", &target);
        let target = target["targetId"].as_str().unwrap();
        let mut socket = Socket::open(self.port, &format!("/devtools/page/{target}"));
        for domain in ["Page", "Runtime", "Log", "Network"] {
            socket.call(&format!("{domain}.enable"), &json!({}));
        }
        // Pages tell how old they are: the clock of the tests stands still, shortly after the last use.
        let clock = json!({ "source": "Date.now=()=>Date.UTC(2026,4,20,18,42)" });
        socket.call("Page.addScriptToEvaluateOnNewDocument", &clock);
        let mut tab = Tab { socket, browser: self, context };
        tab.resize(1280, 800);
        tab
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Drop for Tab<'_> {
    fn drop(&mut self) {
        if let Ok(mut control) = self.browser.control.lock() {
            let context = json!({ "browserContextId": self.context });
            let _ = control.try_call("Target.disposeBrowserContext", &context);
        }
    }
}

/// The program, or what to do.
#[expect(clippy::disallowed_methods, reason = "a test may be told which browser to use")]
fn program() -> PathBuf {
    let told = std::env::var_os("CHROMIUM").map(PathBuf::from);
    let known = told.into_iter().chain(NAMES.map(PathBuf::from));
    let runs = |program: &PathBuf| {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    known.into_iter().find(runs).expect(
        "these tests look at pages in Chromium, which is not here: `cargo xtask ci` installs it where it may; \
         else `sudo apt-get install chromium fonts-dejavu-core`, or set CHROMIUM to its path",
    )
}

impl Socket {
    fn open(port: u16, path: &str) -> Self {
        let stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        stream.set_nodelay(true).unwrap();
        let (socket, _) =
            tungstenite::client(format!("ws://127.0.0.1:{port}{path}"), stream).unwrap();
        Self { stream: socket, next: 0, events: Vec::new() }
    }

    fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.try_call(method, parameters).unwrap_or_else(|error| panic!("{method}: {error}"))
    }

    fn try_call(&mut self, method: &str, parameters: &Value) -> Result<Value, String> {
        self.next += 1;
        let id = self.next;
        let request = json!({ "id": id, "method": method, "params": parameters }).to_string();
        self.stream.send(Message::text(request)).map_err(|error| error.to_string())?;
        loop {
            let message = self.read()?;
            if message["id"] != id {
                self.events.push(message);
            } else if message["error"].is_null() {
                return Ok(message["result"].clone());
            } else {
                return Err(message["error"].to_string());
            }
        }
    }

    fn read(&mut self) -> Result<Value, String> {
        loop {
            if let Message::Text(text) = self.stream.read().map_err(|error| error.to_string())? {
                return serde_json::from_str(&text).map_err(|error| error.to_string());
            }
        }
    }

    /// Waits for an event, those that came already included.
    fn wait(&mut self, method: &str) {
        if self.events.iter().any(|event| event["method"] == method) {
            return;
        }
        loop {
            let event = self.read().unwrap_or_else(|error| panic!("waiting for {method}: {error}"));
            let is_it = event["method"] == method;
            self.events.push(event);
            if is_it {
                return;
            }
        }
    }
}

impl Tab<'_> {
    pub(crate) fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.socket.call(method, parameters)
    }

    /// Opens an address and waits until everything is loaded. Events of before are forgotten.
    pub(crate) fn open(&mut self, address: &str) {
        self.socket.events.clear();
        let told = self.call("Page.navigate", &json!({ "url": address }));
        assert!(told["errorText"].is_null(), "{address}: {told}");
        self.socket.wait("Page.loadEventFired");
    }

    /// Runs a script in the page; a promise is awaited.
    pub(crate) fn run(&mut self, script: &str) -> Value {
        let parameters =
            json!({ "expression": script, "returnByValue": true, "awaitPromise": true });
        let told = self.call("Runtime.evaluate", &parameters);
        assert!(told["exceptionDetails"].is_null(), "{script:.200}: {}", told["exceptionDetails"]);
        told["result"]["value"].clone()
    }

    pub(crate) fn text(&mut self, script: &str) -> String {
        self.run(script).as_str().unwrap_or_default().to_owned()
    }

    /// Waits until a script's value is true.
    pub(crate) fn wait_for(&mut self, script: &str) {
        let start = Instant::now();
        while self.run(script) != true {
            assert!(start.elapsed() < PATIENCE, "{script} has not become true");
            std::thread::sleep(Duration::from_millis(20));
        }
    }

    pub(crate) fn resize(&mut self, width: u32, height: u32) {
        let size =
            json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
        self.call("Emulation.setDeviceMetricsOverride", &size);
    }

    /// Media features such as `prefers-color-scheme: dark`.
    pub(crate) fn prefer(&mut self, features: &[(&str, &str)]) {
        let feature = |(name, value): &(&str, &str)| json!({ "name": name, "value": value });
        let features: Vec<Value> = features.iter().map(feature).collect();
        self.call("Emulation.setEmulatedMedia", &json!({ "features": features }));
    }

    /// Presses and releases a key that writes nothing.
    pub(crate) fn press(&mut self, key: &str, code: u32) {
        for kind in ["rawKeyDown", "keyUp"] {
            let event =
                json!({ "type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code });
            self.call("Input.dispatchKeyEvent", &event);
        }
    }

    /// Addresses that were asked for since the page was opened.
    pub(crate) fn requests(&self) -> Vec<String> {
        let requests = self.events("Network.requestWillBeSent");
        let address =
            |event: &Value| event["request"]["url"].as_str().unwrap_or_default().to_owned();
        requests.map(address).filter(|address| !address.starts_with("data:")).collect()
    }

    /// Errors and warnings since the page was opened: of scripts, of the policy, of the network.
    pub(crate) fn complaints(&self) -> Vec<String> {
        let logged = self.events("Log.entryAdded").map(|event| &event["entry"]);
        let logged =
            logged.filter(|entry| matches!(entry["level"].as_str(), Some("error" | "warning")));
        let told = self.events("Runtime.consoleAPICalled");
        let told = told
            .filter(|event| matches!(event["type"].as_str(), Some("error" | "warning" | "assert")));
        let thrown = self.events("Runtime.exceptionThrown").map(|event| &event["exceptionDetails"]);
        logged.chain(told).chain(thrown).map(Value::to_string).collect()
    }

    fn events(&self, method: &str) -> impl Iterator<Item = &Value> {
        let events = self.socket.events.iter().filter(move |event| event["method"] == method);
        events.map(|event| &event["params"])
    }
}
