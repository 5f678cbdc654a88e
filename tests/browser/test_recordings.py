"""What a browser recorded plays in a browser still, when everything about its maker is taken out."""

import base64
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.browser.conftest import MakesSomeone
from tests.browser.house import House

RECORD = """async (type) => {
  if (!MediaRecorder.isTypeSupported(type)) return "";
  const canvas = Object.assign(document.createElement("canvas"), { width: 64, height: 48 });
  const paint = canvas.getContext("2d");
  const audio = new AudioContext();
  const to = audio.createMediaStreamDestination();
  const tone = audio.createOscillator();
  tone.connect(to);
  tone.start();
  const stream = new MediaStream([...canvas.captureStream(25).getTracks(), ...to.stream.getTracks()]);
  const parts = [];
  const recorder = new MediaRecorder(stream, { mimeType: type });
  recorder.ondataavailable = (event) => parts.push(event.data);
  const painting = setInterval(() => {
    paint.fillStyle = `hsl(${performance.now() % 360} 80% 50%)`;
    paint.fillRect(0, 0, 64, 48);
  }, 30);
  recorder.start(250);
  await new Promise((go) => setTimeout(go, 1500));
  await new Promise((go) => { recorder.onstop = go; recorder.stop(); });
  clearInterval(painting);
  const bytes = new Uint8Array(await new Blob(parts).arrayBuffer());
  let text = "";
  for (const each of bytes) text += String.fromCharCode(each);
  return btoa(text);
}"""
PLAYS = """async (video) => {
  video.muted = true;
  await video.play();
  const until = performance.now() + 10000;
  while (video.currentTime < 0.3 && performance.now() < until) await new Promise((go) => setTimeout(go, 50));
  return [video.currentTime >= 0.3, video.videoWidth, video.textTracks[0].cues.length];
}"""
CAPTIONS = "WEBVTT\n\n00:00.000 --> 00:01.000\nA tone, and colours.\n"


@pytest.mark.parametrize("kind", ["webm", "mp4"])
def test_a_recording_plays_with_its_captions(
    kind: str, house: House, someone: MakesSomeone, new_context: Callable[..., BrowserContext], tmp_path: Path
) -> None:
    place = house.exchange(house.new_course(f"Talks in {kind}"), "A short talk")
    house.ask_for(place, recordings="true")
    page = new_context().new_page()
    page.goto(f"{house.lms}/")
    recorded = base64.b64decode(page.evaluate(RECORD, f"video/{kind};codecs=vp9,opus"))
    assert recorded, f"this browser records no {kind}"
    file = tmp_path / f"Mai Tran.{kind}"
    file.write_bytes(recorded)
    mai = someone("Mai Tran")
    hearth = mai.open_window(place)
    hearth.start_writing()
    hearth.add_file(file)

    hearth.press("Write down what is said in it")
    hearth.fill("Words", CAPTIONS)
    hearth.press("Save")
    hearth.press("Look at it and hand in …")

    hearth.shows("Ready to hand in?")
    video = hearth.root.locator("video")
    expect(video).to_have_attribute("aria-label", f"work-1.{kind}")
    assert video.evaluate(PLAYS) == [True, 64, 1]
