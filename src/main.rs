//! The service's entry point: arguments in, exit code out.

use cashcow::boot::demo::{self, Options};
use cashcow::config::Ports;
use clap::Parser;

#[global_allocator]
static MEMORY: zeroizing_alloc::ZeroAlloc<std::alloc::System> =
    zeroizing_alloc::ZeroAlloc(std::alloc::System);

#[derive(Parser)]
enum Verb {
    Demo {
        #[arg(long, default_value = "target/demo")]
        dir: std::path::PathBuf,
        #[arg(long, default_value = "demo")]
        goods: std::path::PathBuf,
        #[arg(long)]
        appliance: Option<std::path::PathBuf>,
        #[arg(long, default_value_t = 8443)]
        storefront_port: u16,
        #[arg(long, default_value_t = 9443)]
        console_port: u16,
        #[arg(long, default_value_t = 8080)]
        http_port: u16,
    },
}

fn main() {
    let Verb::Demo { dir, goods, appliance, storefront_port, console_port, http_port } = Verb::parse();
    let ports = Ports { http: http_port, storefront: storefront_port, console: console_port };
    let runtime = tokio::runtime::Runtime::new().unwrap_or_else(|_| std::process::exit(71));
    let (tell, stop) = tokio::sync::watch::channel(false);
    let done = runtime.block_on(async {
        tokio::spawn(async move {
            let mut term = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()).ok();
            tokio::select! { _ = tokio::signal::ctrl_c() => {}, _ = async { match &mut term { Some(t) => t.recv().await, None => std::future::pending().await } } => {} }
            let _ = tell.send(true);
        });
        demo::run(Options { dir, goods, appliance, ports }, stop).await
    });
    if let Err(error) = done {
        use std::io::Write;
        let _ = writeln!(std::io::stderr(), "cashcowd: {error}");
        std::process::exit(70);
    }
}
