# %%
import atexit
import threading
import time


@atexit.register
def wait():
    while True:
        time.sleep(1)


threading.Thread(target=wait).start()
