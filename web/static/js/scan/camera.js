// The phone's camera: the lens on the back first, another by choice, and its torch.
const REMEMBERED = "scan-lens";
const WANTED = { width: { ideal: 1920 }, height: { ideal: 1080 } };

export class Camera {
  /** @param {HTMLVideoElement} video */
  constructor(video) {
    this.video = video;
    /** @type {MediaStream | null} */
    this.stream = null;
    /** @type {MediaDeviceInfo[]} */
    this.lenses = [];
    this.turn = 0;
  }

  get track() {
    return this.stream?.getVideoTracks()[0] ?? null;
  }

  /** Show what the camera sees. Rejects as getUserMedia does; gives false when it was closed or opened anew meanwhile:
   * whoever did that has the camera now. */
  async open() {
    this.close();
    const turn = this.turn;
    try {
      return await this.show(turn);
    } catch (error) {
      if (turn !== this.turn) return false;
      throw error;
    }
  }

  async show(turn) {
    const chosen = localStorage.getItem(REMEMBERED);
    const lens = chosen ? { deviceId: { exact: chosen } } : { facingMode: { ideal: "environment" } };
    let stream;
    try {
      stream = await navigator.mediaDevices.getUserMedia({ video: { ...lens, ...WANTED } });
    } catch (error) {
      if (!chosen || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
      localStorage.removeItem(REMEMBERED); // that lens has gone
      return this.show(turn);
    }
    if (turn !== this.turn) {
      for (const track of stream.getTracks()) track.stop();
      return false;
    }
    this.stream = stream;
    this.video.srcObject = stream;
    await this.video.play();
    this.lenses = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
    await this.set({ focusMode: "continuous" });
    return turn === this.turn;
  }

  close() {
    this.turn += 1;
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = null;
    this.video.srcObject = null;
  }

  /** The next lens there is, remembered on this phone. */
  async next() {
    const now = this.track?.getSettings().deviceId;
    const place = this.lenses.findIndex((lens) => lens.deviceId === now);
    localStorage.setItem(REMEMBERED, this.lenses[(place + 1) % this.lenses.length].deviceId);
    return this.open();
  }

  get hasTorch() {
    return Boolean(this.track?.getCapabilities?.().torch);
  }

  /** @param {MediaTrackConstraintSet & Record<string, unknown>} wish what the lens can't do is left */
  async set(wish) {
    await this.track?.applyConstraints({ advanced: [wish] }).catch(() => {});
  }
}
