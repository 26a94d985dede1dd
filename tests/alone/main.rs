//! Turns each case into a process of its own: for what counts descriptors, threads, signals and system calls.
//!
//! `cargo test --test alone` runs them all, `cargo test --test alone NAME` those whose name contains it.

mod cancels;
mod crowd;
mod descriptors;
mod duplicates;
mod faults;
mod idle;
mod lost;
mod memory;
mod reports;
mod schedules;
mod signals;
mod slow;
mod soak;
mod stdin;

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// Names the case that a process is to run.
const CASE: &str = "WHEELWRIGHT_CASE";
/// No case takes more than a few seconds on two cores; a hang is told after this.
const ANTI_HANG: Duration = Duration::from_secs(60);

/// A case: what it shows, the body that runs in a process of its own, and how that process is started and looked at.
struct Case {
    name: &'static str,
    body: fn(),
    check: fn(&mut Command) -> Result<(), String>,
}

const CASES: &[Case] = &[
    Case {
        name: "a_listener_survives_the_lack_of_descriptors",
        body: descriptors::emfile,
        check: descriptors::with_few,
    },
    Case {
        name: "many_acceptors_wait_no_longer_for_a_descriptor_than_one",
        body: descriptors::emfile_for_many,
        check: descriptors::with_few,
    },
    Case { name: "connects_that_come_to_nothing_leave_no_descriptor", body: descriptors::losers, check: succeeds },
    Case { name: "closed_connections_leave_no_descriptor", body: descriptors::none_left, check: succeeds },
    Case { name: "no_duplicate_of_a_socket_stays_watched", body: duplicates::none_is_watched, check: succeeds },
    Case {
        name: "a_duplicate_that_comes_back_is_watched_again",
        body: duplicates::those_who_return_are_watched,
        check: succeeds,
    },
    Case { name: "standard_input_comes_line_by_line", body: stdin::echo, check: stdin::converse },
    Case { name: "a_read_of_standard_input_outlives_its_runtime", body: stdin::give_up, check: stdin::is_left_alone },
    Case { name: "a_thousand_parked_tasks_cost_nothing", body: idle::park_a_thousand, check: idle::look_from_outside },
    Case { name: "an_idle_connection_holds_nothing_of_its_handler", body: idle::hold_no_handler, check: succeeds },
    Case { name: "no_thread_starts_before_somebody_asks", body: idle::count_threads, check: succeeds },
    Case { name: "a_panic_nobody_joins_is_told_to_stderr", body: reports::panic_unread, check: reports::tells_of_each },
    Case { name: "everything_lost_is_told_once_and_by_name", body: lost::plant, check: lost::is_told_of_each },
    Case { name: "where_nobody_reads_stderr_nothing_fails", body: lost::plant, check: lost::goes_on_unheard },
    Case { name: "what_is_not_lost_is_not_told_of", body: lost::lose_nothing, check: reports::is_silent },
    Case { name: "a_panic_nobody_joins_aborts_if_that_is_asked_for", body: lost::abort, check: lost::is_aborted },
    Case { name: "of_many_that_never_ran_ten_are_named", body: lost::leave_a_dozen, check: lost::names_ten },
    Case { name: "a_cancelled_task_is_not_reported", body: reports::cancel_unread, check: reports::is_silent },
    Case {
        name: "a_close_nobody_hears_of_is_told_to_stderr",
        body: reports::close_unheard,
        check: reports::tells_of_three,
    },
    Case { name: "the_4097th_runtime_is_a_clear_error", body: crowd::one_too_many, check: crowd::with_enough },
    Case { name: "ten_thousand_cancels_leave_nothing", body: cancels::ten_thousand, check: succeeds },
    Case { name: "ctrl_c_wakes_whoever_waits_for_it", body: signals::wait_twice, check: signals::interrupt_twice },
    Case { name: "virtual_time_jumps_over_a_wait_for_a_signal", body: signals::idle, check: succeeds },
    Case {
        name: "signals_make_a_loop_say_what_it_waits_for",
        body: signals::wait_and_tell,
        check: signals::ask_three_times,
    },
    Case {
        name: "every_loop_of_a_process_dumps_before_it_ends",
        body: signals::wait_in_two_loops,
        check: signals::end_two_loops,
    },
    Case { name: "a_blocked_loop_is_ended_by_a_second_quit", body: signals::block_for_ever, check: signals::insist },
    Case { name: "a_page_waits_for_a_late_reader", body: signals::hold_two_thousand, check: signals::read_late },
    Case { name: "a_page_that_nobody_reads_does_no_harm", body: signals::wait_and_tell, check: signals::hang_up },
    Case { name: "groups_keep_their_laps_in_every_order", body: schedules::groups_keep_their_laps, check: succeeds },
    Case { name: "scopes_begin_in_any_order", body: schedules::scopes_begin_in_any_order, check: succeeds },
    Case { name: "every_order_is_explored", body: schedules::explore_all, check: succeeds },
    Case { name: "a_seed_repeats_its_order", body: schedules::seeds_repeat, check: succeeds },
    Case {
        name: "a_run_that_fails_says_how_to_repeat_it",
        body: schedules::race,
        check: schedules::is_found_and_repeated,
    },
    Case { name: "a_run_with_fewer_choices_is_noticed", body: schedules::shorter, check: succeeds },
    Case { name: "every_order_is_run_once", body: schedules::each_order_once, check: succeeds },
    Case { name: "runs_that_differ_are_noticed", body: schedules::determinism, check: succeeds },
    Case {
        name: "slow_polls_that_are_alike_are_counted",
        body: slow::again_and_again,
        check: slow::counts_what_is_alike,
    },
    Case { name: "the_environment_switches_debug_mode", body: slow::sleep_a_while, check: slow::by_the_environment },
    Case {
        name: "debug_mode_reports_slow_polls_unless_the_environment_forbids_it",
        body: slow::sleep_in_debug_mode,
        check: slow::once_unless_forbidden,
    },
    Case {
        name: "a_poll_that_is_not_let_run_is_told_as_such",
        body: slow::crowded_out,
        check: slow::is_the_systems_doing,
    },
    Case { name: "terminate_hears_sigterm_only", body: signals::wait_for_both, check: signals::interrupt_and_end },
    Case { name: "a_refused_port_is_told_to_every_call", body: faults::refused, check: succeeds },
    Case { name: "a_connect_that_nobody_answers_ends_at_its_limit", body: faults::unanswered, check: succeeds },
    Case {
        name: "a_fresh_connection_closed_at_once_is_not_retried",
        body: faults::closed_at_the_door,
        check: succeeds,
    },
    Case { name: "a_server_that_never_replies_is_left_at_the_limit", body: faults::silent, check: succeeds },
    Case { name: "a_reset_in_the_head_is_an_incomplete_reply", body: faults::reset_in_the_head, check: succeeds },
    Case { name: "a_reset_in_the_body_leaves_the_bytes_so_far", body: faults::reset_in_the_body, check: succeeds },
    Case { name: "a_half_closed_connection_makes_nobody_spin", body: faults::half_closed, check: succeeds },
    Case { name: "a_body_that_drips_ends_at_the_limit_of_the_whole", body: faults::dripping, check: succeeds },
    Case { name: "a_restarted_server_gets_each_get_and_no_post", body: faults::restarted, check: succeeds },
    Case { name: "a_post_that_may_have_been_read_is_sent_once", body: faults::second_request, check: succeeds },
    Case { name: "a_name_without_an_address_fails_its_calls_alone", body: faults::unknown_name, check: succeeds },
    Case { name: "a_slow_resolver_holds_up_nobody_else", body: faults::slow_resolver, check: succeeds },
    Case { name: "calls_in_line_for_a_full_host_end_at_their_limit", body: faults::full, check: succeeds },
    Case { name: "calls_that_do_not_wait_for_a_full_host_end_at_once", body: faults::full_at_once, check: succeeds },
    Case { name: "requests_beyond_the_threads_are_refused_at_once", body: faults::no_thread_free, check: succeeds },
    Case {
        name: "a_client_without_descriptors_closes_its_idle_connections",
        body: faults::on_the_client,
        check: faults::with_a_server,
    },
    Case {
        name: "a_server_without_descriptors_closes_its_idle_connections",
        body: faults::on_the_server,
        check: faults::with_a_server,
    },
    Case {
        name: "a_server_closes_those_that_have_been_idle_longest",
        body: faults::longest_idle,
        check: faults::with_a_server,
    },
    Case { name: "a_hundred_thousand_calls_dropped_anywhere", body: faults::hundred_thousand, check: succeeds },
    Case { name: "a_soak_leaves_nothing_and_grows_nothing", body: soak::run, check: soak::beside_a_server },
];

fn main() {
    if let Ok(name) = std::env::var(CASE) {
        let case = CASES.iter().find(|case| case.name == name).expect("the parent names a case that is there");
        return (case.body)();
    }
    let wanted: Vec<_> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let is_wanted = |case: &&Case| wanted.is_empty() || wanted.iter().any(|word| case.name.contains(word.as_str()));
    let (mut passed, mut failed) = (0, 0);
    for case in CASES.iter().filter(is_wanted) {
        let outcome = (case.check)(&mut myself(case.name));
        println!("test {} ... {}", case.name, if outcome.is_ok() { "ok" } else { "FAILED" });
        match outcome {
            Ok(()) => passed += 1,
            Err(why) => {
                failed += 1;
                println!("{why}");
            }
        }
    }
    let word = if failed == 0 { "ok" } else { "FAILED" };
    println!("\ntest result: {word}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out\n");
    std::process::exit(i32::from(failed != 0));
}

/// This program, to run one case.
fn myself(case: &str) -> Command {
    let mut command = Command::new(std::env::current_exe().expect("the system knows this program"));
    command.env(CASE, case).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// The case must end by itself, well.
fn succeeds(command: &mut Command) -> Result<(), String> {
    run(command).map(drop)
}

/// Runs a case to its end: what it wrote to stdout and stderr.
fn run(command: &mut Command) -> Result<(String, String), String> {
    end_of(command.spawn().map_err(|error| error.to_string())?, ANTI_HANG)
}

/// Waits for the end of a process, but no longer than this.
fn end_of(mut child: Child, limit: Duration) -> Result<(String, String), String> {
    let begin = Instant::now();
    while child.try_wait().map_err(|error| error.to_string())?.is_none() {
        if limit < begin.elapsed() {
            let _ = child.kill();
            return Err(format!("it hangs: no end after {limit:?}"));
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    let output = child.wait_with_output().map_err(|error| error.to_string())?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    match output.status.success() {
        true => Ok((stdout, stderr)),
        false => Err(format!("{}\n{stdout}{stderr}", output.status)),
    }
}

/// A file of /proc that tells about this process.
fn proc_self(file: &str) -> String {
    std::fs::read_to_string(format!("/proc/self/{file}")).expect("Linux shows every process to itself")
}

/// A number of `/proc/PID/status`.
fn status_number(status: &str, field: &str) -> u64 {
    let line = status.lines().find_map(|line| line.strip_prefix(field)?.strip_prefix(':')).expect("the field is there");
    line.split_whitespace().next().and_then(|number| number.parse().ok()).expect("it is a number")
}
