def build(folder):
    (folder / "folder_that_leads_out").symlink_to("/etc", target_is_directory=True)
