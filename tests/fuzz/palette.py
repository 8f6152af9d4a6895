"""What broken messages are made of: words, numbers, times, names and units that validation must survive."""

WORDS = [
    "", " ", "x", "final", "FINAL", "cancelled", "corrected", "registered", "unknown", "arterial", "invasive", "died",
    "admitted", "consent", "given", "true", "null", "12", "NaN", "mg/dL", "mm[Hg]", "urn:picustream:variable", "pao2",
    "Zwetschgenmus", "Müller", "王小明", "👶🏽", "e\u0301", "\u202etxet", "\ufeffS", "a\0b", "\0", "\n", "\x7f",
    "\ud800", "\udfff\ud800", "\U0010ffff", "a/b~c", "' OR 1=1 --", "<script>", "${jndi:x}", "../../etc", "S 1",
    "x" * 128, "x" * 129, "x" * 5000,
]  # fmt: skip
NUMBERS = [
    "0", "-0", "-1", "1", "15", "0.21", "0.2", "20", "21", "100", "4421", "1e3", "1E+2", "0.1e3", "-0.0", "1e-5",
    "1e400", "-1e400", "1e-400", "1e999999", "1e-999999", "1e9999999999", "-1E+99999999999999999999",
    "1e-99999999999999999999", "0e400", "0e-400", "0e-3000000", "0e-99999999999", "0." + "0" * 5000,
    "9" * 19, "9" * 40, "9" * 41, "9" * 4000, "0." + "3" * 39, "0." + "0" * 300 + "1", "3.0000000000000000000000000001",
]  # fmt: skip
TIMES = [
    "2025-01-03T09:00:00", "2025-01-03 09:00:00Z", "2025-01-03T09:00Z", "2025-01-03T09:00:00.123456789+08:00",
    "2025-01-03T24:00:00Z", "2025-01-03T23:59:60Z", "2025-02-30T09:00:00Z", "2025-13-01T09:00:00Z", "20250103T090000Z",
    "2025-01-03T09:00:00+14:59", "2025-01-03T09:00:00+15:00", "2025-01-03T09:00:00-14:59", "2025-01-03T09:00:00+00:60",
    "2025-W01-3T09:00:00Z", "0001-01-01T00:00:00+14:00", "0000-00-00T00:00:00Z", "1899-12-31T23:59:59Z",
    "9999-12-31T23:59:59-12:00", "2200-01-02T00:00:00Z", "２０２５-01-03T09:00:00Z", "2025-01-03T09:00:00z",
    "2025-01-03", "2025", "2024-02-29", "2023-02-29", "1849", "99999-01-01T00:00:00Z", "2025-01-03T09:00:00Z ",
    "-2025-01-03T09:00:00Z",
]  # fmt: skip
NAMES = [
    "observedAt", "Status", "stay_id ", "", "a/b~c", "__class__", "died", "type", "id", "recorded_at", "occurred_at",
    "observed_at", "observations", "value", "unit", "specimen", "support", "birth_date", "arm", "onset_at", "x" * 300,
    "\0", "\ud800", "名前",
]  # fmt: skip
UNITS = ["", "mmHg", "mm[Hg]", "kPa", "%", "1", "umol/L", "mg/dL", "furlong", "K/uL", "cmH2O", "x" * 64, "x" * 65]
LITERALS = [
    "NaN", "Infinity", "-Infinity", "nan", "undefined", "True", "01", "+1", ".5", "1.", "0x1F", "1e", "--1",
]  # fmt: skip
"""What stands where a JSON number should, and is none."""
MARKS = [",", "//x\n", "/**/", "'", "\\", "\\ud800", "\\u0000", "\\u00", '"', "{", "}", "[", "]", " ", "\t", "\0"]
"""What breaks a text where it does not belong; here and there it does."""
