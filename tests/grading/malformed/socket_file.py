import os
import socket


def build(folder):
    here = os.getcwd()
    os.chdir(folder)  # a socket's path may not be long
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket_file.ipynb")
    os.chdir(here)
