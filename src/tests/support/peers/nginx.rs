//! HTTP, as nginx lists folders: read only.

use super::{super::*, daemon};

/// nginx over a folder, with `autoindex`.
pub struct Nginx(daemon::Daemon);

impl Nginx {
    /// `None` where it is missing, said aloud; in CI that is a failure.
    pub async fn start() -> Option<Self> {
        let program = program("nginx", "nginx")?;
        let daemon = daemon::Daemon::start(daemon::folder(&["files", "scratch"]), |dir, port| {
            fs::write(dir.join("nginx.conf"), config(dir, port)).expect("written");
            let mut command = Command::new(&program);
            command.arg("-e").arg(dir.join("errors")).arg("-c").arg(dir.join("nginx.conf"));
            command
        });
        Some(Self(daemon.await))
    }

    /// The folder that it serves.
    pub fn dir(&self) -> PathBuf {
        self.0.dir().join("files")
    }

    /// Its options as a remote of the type `http`.
    pub fn config(&self) -> Value {
        json!({ "url": format!("http://127.0.0.1:{}", self.0.port) })
    }
}

fn config(dir: &Path, port: u16) -> String {
    let dir = dir.display();
    // Those who work would else be somebody who may not read the folder.
    let user = if rustix::process::geteuid().is_root() { "user root;\n" } else { "" };
    let scratch: String = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
        .iter()
        .map(|name| format!("{name}_temp_path {dir}/scratch;\n"))
        .collect();
    format!(
        "daemon off;\n{user}pid {dir}/pid;\nworker_processes 1;\nevents {{}}\nhttp {{ access_log off;\n{scratch}\
         server {{ listen 127.0.0.1:{port}; root {dir}/files; autoindex on; charset utf-8; }} }}\n"
    )
}
