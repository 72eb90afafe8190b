// A page that was opened as a file may start no worker. The search's script then runs in a frame.
if (location.protocol === "file:") {
  window.Worker = class extends EventTarget {
    constructor(url) {
      super();
      const frame = document.createElement("iframe");
      frame.hidden = true;
      document.body.append(frame);
      this.inside = frame.contentWindow;
      this.inside.postMessage = (data) => {
        const answer = new MessageEvent("message", { data });
        this.dispatchEvent(answer);
        this.onmessage?.(answer);
      };
      this.loaded = this.run(url);
      this.inside.importScripts = async (...urls) => {
        for (const each of urls) await this.run(each);
      };
    }

    run(url) {
      const script = this.inside.document.createElement("script");
      script.src = new URL(url, document.baseURI);
      this.inside.document.body.append(script);
      return new Promise((done) => script.addEventListener("load", done));
    }

    async postMessage(data) {
      await this.loaded;
      this.inside.dispatchEvent(new this.inside.MessageEvent("message", { data }));
    }
  };
}
