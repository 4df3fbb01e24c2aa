//! The bytes of Amazon's frames.
#![no_main]
#![expect(clippy::disallowed_methods, reason = "the macro opens the file that the fuzzer names")]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    proxy::fuzz_support::event_stream(bytes);
});
