//! The process around the service: what it gives up, its log, its threads, its signals, its exit code.

use std::future::Future;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use super::{BootError, demo, serve};
use crate::config::Settings;
use crate::machine::{self, Exit, Failure, Tell};

/// Runs the service inside the image until systemd says stop.
pub fn start(settings: Settings) -> Result<(), Failure> {
    machine::refuse_root()?;
    machine::harden()?;
    let _journal = machine::journal();
    until_told(|stop| async { serve(settings, stop).await.map_err(|error| fault(&error)) })
}

/// Runs a demo until somebody stops it.
pub fn start_demo(options: demo::Options) -> Result<(), Failure> {
    machine::harden()?;
    let _journal = machine::journal();
    until_told(|stop| async { demo::run(options, stop).await.map_err(|error| demo_fault(&error)) })
}

/// Runs `service` with a signal that turns true at SIGTERM and SIGINT.
fn until_told<S, F>(service: S) -> Result<(), Failure>
where
    S: FnOnce(watch::Receiver<bool>) -> F,
    F: Future<Output = Result<(), Failure>>,
{
    let refuse = |error| Failure::new(Exit::System, format!("threads cannot be started: {error}"));
    let runtime = tokio::runtime::Runtime::new().map_err(refuse)?;
    runtime.block_on(async {
        let (say, stop) = watch::channel(false);
        let handler = |error| Failure::new(Exit::System, format!("signals cannot be taken: {error}"));
        let mut terminate = signal(SignalKind::terminate()).map_err(handler)?;
        let mut interrupt = signal(SignalKind::interrupt()).map_err(handler)?;
        tokio::spawn(async move {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            machine::tell(&Tell::Stopping);
            let _ = say.send(true);
        });
        service(stop).await
    })
}

fn fault(error: &BootError) -> Failure {
    log::error!("the service ends: {error}");
    let exit = match error {
        BootError::Appliance(_) => Exit::Config,
        BootError::Machine(failure) => failure.exit,
        _ => Exit::Software,
    };
    Failure::new(exit, format!("cashcowd: {error}"))
}

fn demo_fault(error: &demo::DemoError) -> Failure {
    let exit = match error {
        demo::DemoError::Appliance(_) => Exit::Config,
        demo::DemoError::Folder { .. } => Exit::CannotCreate,
        _ => Exit::Software,
    };
    Failure::new(exit, format!("cashcowd: {error}"))
}
