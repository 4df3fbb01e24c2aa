//! The system's wish that the program ends: the terminal is put in order before it does.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

/// Set once the system has asked for the end.
pub(super) fn ended() -> io::Result<Arc<AtomicBool>> {
    let ended = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&ended);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let wish = {
        // Signals are caught from here on, not only once the thread runs.
        let _inside = runtime.enter();
        wish()?
    };
    thread::Builder::new().name("signals".to_owned()).spawn(move || {
        runtime.block_on(wish);
        set.store(true, Ordering::Relaxed);
    })?;
    Ok(ended)
}

#[cfg(unix)]
fn wish() -> io::Result<impl Future<Output = ()> + Send> {
    use tokio::signal::unix::{SignalKind, signal};
    let mut end = signal(SignalKind::terminate())?;
    let mut gone = signal(SignalKind::hangup())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    Ok(async move {
        tokio::select! {
            _ = end.recv() => {}
            _ = gone.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}

#[cfg(not(unix))]
fn wish() -> io::Result<impl Future<Output = ()> + Send> {
    Ok(async {
        // Where it cannot be caught, nothing ends by it.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    })
}
