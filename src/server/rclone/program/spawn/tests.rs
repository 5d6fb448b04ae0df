//! Tests of `spawn`.

use super::super::sandbox::Unconfined;
use super::*;
use std::{io::Read as _, process::Stdio};

fn shell(script: &str) -> Process {
    Process::new("/bin/sh".into(), vec!["-c".into(), script.into()], Vec::new(), Reach::User(Unconfined::Shim))
}

fn output(process: Process) -> String {
    let mut child = process.command().expect("a command").stdout(Stdio::piped()).spawn().expect("spawned");
    let mut text = String::new();
    child.stdout.take().expect("piped").read_to_string(&mut text).expect("read");
    assert!(child.wait().expect("waited").success());
    text
}

#[test]
fn a_process_has_the_environment_that_is_given_and_nothing_else() {
    let env = vec![("A".into(), "b c".into())];
    let mut lines: Vec<_> = output(Process { env, ..shell("exec env") }).lines().map(str::to_owned).collect();
    lines.retain(|line| !line.starts_with("PWD=") && !line.starts_with("SHLVL=") && !line.starts_with("_="));
    assert_eq!(lines, ["A=b c"]);
}

#[test]
fn descriptors_arrive_as_3_and_4_with_the_childs_own_process_id() {
    let listener = || Some(File::open("/dev/zero").expect("opened").into());
    let script = "readlink /proc/self/fd/3 /proc/self/fd/4
            pid=$LISTEN_PID
            while [ \"${pid#0}\" != \"$pid\" ]; do pid=${pid#0}; done
            test \"$pid\" = $$ && echo same $LISTEN_FDS";
    let text = output(Process {
        listener: listener(),
        lock: Some(File::open("/dev/full").expect("opened").into()),
        env: vec![("PATH".into(), "/usr/bin:/bin".into())],
        ..shell(script)
    });
    assert_eq!(text, "/dev/zero\n/dev/full\nsame 1\n");
}

#[test]
fn the_umask_is_the_one_that_is_asked_for() {
    assert_eq!(output(Process { umask: Some(0o022), ..shell("umask") }).trim().trim_start_matches('0'), "22");
}

#[test]
fn a_program_that_is_not_there_is_an_error_here() {
    let lock = Some(File::open("/dev/null").expect("opened").into());
    let process = Process { program: "/nowhere/rclone".into(), lock, ..shell("") };
    assert_eq!(process.command().expect("a command").spawn().expect_err("no program").kind(), io::ErrorKind::NotFound);
}

#[test]
fn an_argument_with_a_nul_is_refused() {
    assert!(shell("a\0b").command().is_err());
}
