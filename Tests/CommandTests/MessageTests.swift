import Foundation
import TestSupport
import Testing

@Suite("redcaps and its messages")
struct MessageTests {
    private func complaint(
        _ arguments: [String], in set: DemoSet, status: Int32 = 1
    ) throws -> String {
        let result = try run(Redcaps.path(), arguments, in: set.folder.path)
        #expect(result.status == status, "\(result.errors)")
        return result.errors
    }

    private func load(_ set: DemoSet, _ changes: String...) -> [String] {
        ["load", "--config", "redcaps5m.json", "--batches", "1"]
            + changes.flatMap { ["--set", $0] }
    }

    @Test("A path of the configuration that leads nowhere is told with its key and the root")
    func paths() throws {
        let set = try DemoSet()
        for key in ["data_path", "image_folder", "cap_folder"] {
            let errors = try complaint(load(set, "dataset.\(key)=none.json"), in: set)
            #expect(
                errors.contains("none.json: \(key) = \"none.json\": there is nothing of this name"),
                "\(errors)")
            #expect(errors.contains("--root"))
        }
        let home = try complaint(load(set, "dataset.data_path=~/x.json"), in: set)
        #expect(home.contains("a ~ stands for the home folder in a shell only"))
        let root = try complaint(load(set) + ["--root", "elsewhere"], in: set)
        #expect(root.contains("relative paths are relative to the root elsewhere"))
        try set.folder.write("lines.jsonl", "{}\n")
        let lines = try complaint(load(set, "dataset.data_path=lines.jsonl"), in: set)
        #expect(lines.contains("jq -s . "))
    }

    @Test("A link that leads nowhere is called that")
    func links() throws {
        let set = try DemoSet()
        _ = try run("/bin/ln", ["-s", "../blobs/12", set.folder["raw/00002.tar"]])
        for arguments in [["index", "raw"], ["verify", "raw"]] {
            let result = try run(Redcaps.path(), arguments, in: set.folder.path)
            #expect(result.status == 1)
            #expect(
                (result.output + result.errors)
                    .contains("a link that leads nowhere, to ../blobs/12"))
        }
    }

    @Test("Pointers of Git LFS are called that: a shard, a list, a configuration")
    func pointers() throws {
        let set = try DemoSet()
        let pointer = """
            version https://git-lfs.github.com/spec/v1
            oid sha256:\(String(repeating: "0", count: 64))
            size 1073741824

            """
        try set.folder.write("raw/00001.tar", pointer)
        #expect(try complaint(["index", "raw"], in: set).contains("Git LFS pointer"))
        try set.folder.write("redcaps5m_data.json", pointer)
        #expect(try complaint(load(set), in: set).contains("Git LFS pointer"))
        try set.folder.write("redcaps5m.json", pointer)
        #expect(try complaint(load(set), in: set).contains("Git LFS pointer"))
    }

    @Test("Of several mistakes in a configuration all are told")
    func mistakes() throws {
        let set = try DemoSet()
        let errors = try complaint(
            load(set, "dataset.image_size=-1", "dataset.max_length=\"long\""), in: set)
        #expect(errors.contains("dataset.image_size = -1: "))
        #expect(errors.contains("dataset.max_length = \"long\": "))
        try set.folder.write("empty.json", "{}")
        let empty = try complaint(["load", "--config", "empty.json"], in: set)
        #expect(empty.contains("there is no data set in it"))
        try set.folder.write("c.py", "image_size = 256\n")
        let python = try complaint(["load", "--config", "c.py"], in: set)
        #expect(python.contains("Config.fromfile('c.py').dump('c.json')"))
    }

    @Test("A value that is set where it means nothing is told, with what may be meant")
    func settings() throws {
        let set = try DemoSet()
        for (change, hint) in [
            ("image_size=32", "dataset.image_size meant"), ("image_sise=32", "dataset.image_size"),
            ("dataset.image_sise=32", "is image_size meant"),
        ] {
            let result = try run(Redcaps.path(), load(set, change), in: set.folder.path)
            #expect(result.status == 0)
            #expect(result.errors.contains(hint), "\(result.errors)")
        }
    }

    @Test("A verb that there isn't, and a file without its option, are told with what may be meant")
    func verbs() throws {
        let set = try DemoSet()
        for (arguments, hint) in [
            (["lod", "--config", "c.json"], "`redcaps load`"),
            (["help", "nonsense"], "there is no verb nonsense"),
            (["redcaps5m.json"], "`redcaps load --config redcaps5m.json`"),
            (["digest", "redcaps5m.json", "--all"], "`redcaps digest --config redcaps5m.json`"),
        ] {
            #expect(try complaint(arguments, in: set, status: 2).contains(hint))
        }
        #expect(try Redcaps.run("help", "load").status == 0)
    }

    @Test("A key of captions that is in no annotation ends the run when the data set is opened")
    func key() throws {
        let set = try DemoSet(samples: 30)
        let errors = try complaint(load(set, "dataset.cap_source=caption2"), in: set)
        #expect(errors.split(separator: "\n").count == 1)
        #expect(errors.contains("cap_source = \"caption2\": no annotation of the 8"))
        #expect(errors.contains("\"re_caption\""))
    }

    @Test("Where every sample is missing, that is the sentence, whatever becomes of missing ones")
    func allMissing() throws {
        let set = try DemoSet()
        try set.folder.write("empty/x.txt", "")
        for policy in ["fail", "drop"] {
            let errors = try complaint(
                load(set, "dataset.image_folder=empty", "dataset.cap_folder=empty")
                    + ["--missing", policy], in: set)
            #expect(
                errors.contains("none of the 8 samples that were looked at has its files there"))
        }
    }

    @Test("A configuration and texts come from a pipe as well")
    func pipes() throws {
        let set = try DemoSet()
        let program = try Redcaps.path()
        let load = "load --config - --root . --batch-size 2 --batches 1"
        let loaded = try run(
            "/bin/sh", ["-c", "cat redcaps5m.json | \"$0\" \(load)", program], in: set.folder.path)
        #expect(loaded.status == 0, "\(loaded.errors)")
        let tokenizer = Fixture.path("tokenizers/qwen2.json")
        let tokenized = try run(
            "/bin/sh",
            [
                "-c", "printf 'a fox\\n' | \"$0\" tokenize --tokenizer \"$1\" --file -", program,
                tokenizer,
            ])
        #expect(tokenized.status == 0, "\(tokenized.errors)")
        let direct = try Redcaps.run("tokenize", "--tokenizer", tokenizer, "a fox")
        #expect(tokenized.output == direct.output)
    }

    @Test("Files that can't be written are told with the reason, and foreign ones aren't lost")
    func files() throws {
        let set = try DemoSet()
        let load = load(set) + ["--batch-size", "2"]
        for option in ["--save-state", "--ledger", "--preview"] {
            let errors = try complaint(load + [option, "none/file"], in: set)
            #expect(errors.contains("none/file"), "\(errors)")
            #expect(errors.contains(": No such file or directory"), "\(errors)")
        }
        try set.folder.write("notes", "notes that matter\n")
        for option in ["--save-state", "--ledger"] {
            let errors = try complaint(load + [option, "notes"], in: set)
            #expect(errors.contains("choose another name"), "\(errors)")
        }
        #expect(try set.folder.bytes("notes") == Array("notes that matter\n".utf8))
    }

    @Test("What can't be written is told before anything is loaded, and nothing is left or emptied")
    func before() throws {
        let set = try DemoSet()
        let load = load(set) + ["--batch-size", "2"]
        let state = "\"no state\"\n"
        try set.folder.write("state.json", state)
        #expect(try run(Redcaps.path(), load + ["--ledger", "l"], in: set.folder.path).status == 0)
        let ledger = try set.folder.bytes("l")
        let names = try set.folder.names()
        for files in [
            ["--save-state", "state.json", "--ledger", "l", "--preview", "p.jpg"],
            ["--save-state", "s.json", "--ledger", "l", "--preview", "none/p.jpg"],
            ["--save-state", "s.json", "--ledger", "raw", "--preview", "p.jpg"],
            ["--save-state", "none/s.json", "--ledger", "m"],
        ] {
            let result = try run(Redcaps.path(), load + files, in: set.folder.path)
            #expect(result.status == 1)
            #expect(result.output.isEmpty)
            #expect(result.errors.split(separator: "\n").count == 1, "\(result.errors)")
            #expect(try set.folder.names() == names)
            #expect(try set.folder.bytes("l") == ledger)
        }
        #expect(try set.folder.bytes("state.json") == Array(state.utf8))
    }

    @Test("demo-data writes over nothing unless it is told to")
    func demo() throws {
        let set = try DemoSet()
        let shard = try set.folder.bytes("raw/00000.tar")
        let demo = ["demo-data", ".", "--samples", "2", "--shortest-edge", "90"]
        #expect(try complaint(demo, in: set).contains("--force"))
        #expect(try set.folder.bytes("raw/00000.tar") == shard)
        #expect(try run(Redcaps.path(), demo + ["--force"], in: set.folder.path).status == 0)
        #expect(try set.folder.bytes("raw/00000.tar") != shard)
    }
}
