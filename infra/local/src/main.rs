//! `cargo run`: runs the whole system on this machine.

use std::collections::BTreeMap;
use std::io::Write;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Parser;
use local::{Data, Gateway, Settings, Template, Timers};
use tracing_subscriber::EnvFilter;

/// The exit code if the gateway cannot start.
const STARTUP_FAILED: u8 = 2;

/// Runs API Gateway, Lambda and DynamoDB on this machine, in one process, as template.yaml
/// describes them.
#[derive(Debug, Parser)]
#[command(name = "order-chat", version)]
struct Arguments {
    /// The port to listen on; 0 chooses a free port.
    #[arg(long, default_value_t = 3000)]
    port: u16,
    /// The address to listen on.
    #[arg(long, default_value_t = IpAddr::V4(Ipv4Addr::LOCALHOST))]
    listen: IpAddr,
    /// The folder that keeps the data.
    #[arg(long, default_value = "data", value_name = "DIR")]
    data: PathBuf,
    /// Keep the data in memory only, without any file.
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Sync every write to the disk before it is answered, so that it survives a power failure.
    /// Without this option a write survives only the end of the program.
    #[arg(long, conflicts_with = "memory")]
    sync: bool,
    /// The template to read.
    #[arg(long, default_value = "template.yaml", value_name = "FILE")]
    template: PathBuf,
    /// A value for one of the template's parameters. This option may be repeated.
    #[arg(long, value_name = "NAME=VALUE", value_parser = name_and_value)]
    parameter: Vec<(String, String)>,
    /// Serve only the API. The pages are not built.
    #[arg(long)]
    no_pages: bool,
}

impl From<Arguments> for Settings {
    fn from(arguments: Arguments) -> Self {
        let pages = arguments.template.parent().map(|folder| folder.join("web"));
        Self {
            template: Template::File(arguments.template),
            listen: arguments.listen,
            port: arguments.port,
            data: if arguments.memory { Data::Memory } else { Data::Folder(arguments.data) },
            sync: arguments.sync,
            parameters: arguments.parameter.into_iter().collect::<BTreeMap<_, _>>(),
            pages: pages.filter(|_| !arguments.no_pages),
            timers: Timers::default(),
            triggers: true,
            wrap: None,
        }
    }
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("error"));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::stderr).init();
    match run(arguments.into()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("order-chat: {problem}");
            ExitCode::from(STARTUP_FAILED)
        }
    }
}

fn run(settings: Settings) -> anyhow::Result<()> {
    // Every connection is an open file, and every runtime of an invocation has four file
    // descriptors. The usual limit of 1,024 is reached soon.
    if let Err(problem) = rlimit::increase_nofile_limit(u64::MAX) {
        tracing::warn!(%problem, "the limit of open files could not be raised");
    }
    // Each running invocation occupies one thread.
    let mut runtime = tokio::runtime::Builder::new_multi_thread();
    runtime.enable_all().max_blocking_threads(local::CONCURRENCY);
    runtime.build()?.block_on(async {
        let ended = ended()?;
        let gateway = local::start(settings, local::functions()).await?;
        print_addresses(&gateway)?;
        ended.await;
        gateway.stop().await;
        Ok(())
    })
}

/// Prints the addresses. Programs parse the first line; the other lines are for people.
fn print_addresses(gateway: &Gateway) -> std::io::Result<()> {
    let (url, mut out) = (gateway.base_url(), std::io::stdout().lock());
    writeln!(out, "listening on {url}")?;
    if gateway.has_pages() {
        writeln!(out, "  the pages   open {url} in a browser")?;
    }
    if let Some(websocket) = gateway.websocket_url() {
        writeln!(out, "  WebSocket   {websocket}")?;
    }
    writeln!(out, "  a token     curl {url}/dev/token -H 'content-type: application/json' \\")?;
    writeln!(out, "                -d '{{\"sub\":\"alice\",\"role\":\"customer\",\"name\":\"Alice\"}}'")?;
    writeln!(out, "  stop        Ctrl-C")?;
    out.flush()
}

/// Completes when the process gets Ctrl-C or, on Unix, SIGTERM.
fn ended() -> std::io::Result<impl Future<Output = ()>> {
    #[cfg(unix)]
    let mut terminate = tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate())?;
    #[cfg(unix)]
    let terminated = async move { terminate.recv().await };
    #[cfg(not(unix))]
    let terminated = std::future::pending::<Option<()>>();
    Ok(async move {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => {}
            _ = terminated => {}
        }
    })
}

fn name_and_value(argument: &str) -> Result<(String, String), &'static str> {
    let (name, value) = argument.split_once('=').ok_or("must have the form NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}
