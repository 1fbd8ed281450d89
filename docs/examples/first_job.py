"""Makes a job that fires every 5 seconds, prints the logs of its first two runs while they are written, and pauses it."""

import json
import os

import httpx
from websockets.sync.client import connect

url, token = os.environ["JIEPAI_URL"], {"Authorization": f"Token {os.environ['JIEPAI_TOKEN']}"}
api = httpx.Client(base_url=f"{url}/api/v1/", headers=token)
script = {"source": "import time\nfor n in range(4): print('line', n); time.sleep(0.5)"}
job = api.post("jobs/", json={"name": "hi", "kind": "python", "definition": script}).raise_for_status().json()
api.post("triggers/", json={"job": job["id"], "kind": "cron", "expression": "*/5 * * * * *"}).raise_for_status()
with connect(url.replace("http", "ws", 1) + "/ws/", additional_headers=token) as live:
    live.send(json.dumps({"join": f"job:{job['id']}"}))
    ended = 0
    while ended < 2:
        for event in json.loads(live.recv()).get("events", []):
            ended += event.get("state") == "succeeded"
            if event.get("state") == "running":
                live.send(json.dumps({"join": f"log:{event['run']}"}))
            print(event.get("text", ""), end="", flush=True)
print("paused:", api.post(f"jobs/{job['id']}/pause/").json()["is_paused"])
