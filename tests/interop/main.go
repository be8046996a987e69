// Command interop answers questions about notes, proofs and tiles with golang.org/x/mod/sumdb, the code of Go's own
// checksum database. One JSON object a line on stdin, one a line on stdout: {"value": ...} or {"error": "..."}.
//
// Bytes are base64, as encoding/json has them.
package main

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const height = 8

type request struct {
	Op      string
	Note    []byte
	Vkeys   []string
	Proof   [][]byte
	Size    int64
	Root    []byte
	Index   int64
	Leaf    []byte
	OldSize int64
	OldRoot []byte
	Dir     string
	Sizes   []int64
	Name    string
	Seed    []byte
	Entries [][]byte
}

func main() {
	lines := bufio.NewReaderSize(os.Stdin, 1<<20)
	out := json.NewEncoder(os.Stdout)
	for {
		line, err := lines.ReadBytes('\n')
		if err != nil {
			return
		}
		var asked request
		if err := json.Unmarshal(line, &asked); err != nil {
			panic(err)
		}
		value, err := answer(asked)
		if err != nil {
			out.Encode(map[string]string{"error": err.Error()})
		} else {
			out.Encode(map[string]any{"value": value})
		}
	}
}

func answer(asked request) (any, error) {
	switch asked.Op {
	case "open":
		return open(asked.Note, asked.Vkeys)
	case "leaf":
		hash := tlog.RecordHash(asked.Note)
		return hash[:], nil
	case "record":
		root, leaf := hash(asked.Root), hash(asked.Leaf)
		return nil, tlog.CheckRecord(hashes(asked.Proof), asked.Size, root, asked.Index, leaf)
	case "tree":
		root, old := hash(asked.Root), hash(asked.OldRoot)
		return nil, tlog.CheckTree(tlog.TreeProof(hashes(asked.Proof)), asked.Size, root, asked.OldSize, old)
	case "tiles":
		return tiles(asked.Dir, asked.Vkeys, asked.Sizes)
	case "make":
		return publish(asked)
	}
	return nil, errors.New("no such question")
}

// open gives the text of a note and the names of the known keys that signed it.
func open(data []byte, vkeys []string) (map[string]any, error) {
	var known []note.Verifier
	for _, vkey := range vkeys {
		verifier, err := note.NewVerifier(vkey)
		if err != nil {
			return nil, err
		}
		known = append(known, verifier)
	}
	opened, err := note.Open(data, note.VerifierList(known...))
	if err != nil {
		return nil, err
	}
	names := []string{}
	for _, signature := range opened.Sigs {
		names = append(names, signature.Name)
	}
	return map[string]any{"text": opened.Text, "names": names}, nil
}

// head reads a checkpoint's text; tlog.ParseTree reads only that of Go's own database.
func head(text string) (tlog.Tree, error) {
	lines := strings.Split(text, "\n")
	if len(lines) < 4 {
		return tlog.Tree{}, errors.New("a checkpoint has three lines")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil {
		return tlog.Tree{}, err
	}
	root, err := tlog.ParseHash(lines[2])
	return tlog.Tree{N: size, Hash: root}, err
}

// tiles audits a folder: the checkpoint is signed, its tiles lead to its root, every entry is in the tree, and the tree
// extends those of the given sizes, whose roots it returns.
func tiles(dir string, vkeys []string, sizes []int64) (any, error) {
	signed, err := os.ReadFile(filepath.Join(dir, "checkpoint"))
	if err != nil {
		return nil, err
	}
	opened, err := open(signed, vkeys)
	if err != nil {
		return nil, err
	}
	tree, err := head(opened["text"].(string))
	if err != nil {
		return nil, err
	}
	reader := tlog.TileHashReader(tree, folder(dir))
	entries, err := bundles(dir, tree.N)
	if err != nil {
		return nil, err
	}
	for index, entry := range entries {
		found, err := reader.ReadHashes([]int64{tlog.StoredHashIndex(0, int64(index))})
		if err != nil {
			return nil, err
		}
		leaf := tlog.RecordHash(entry)
		if found[0] != leaf {
			return nil, fmt.Errorf("entry %d is not the one of the tree", index)
		}
		proof, err := tlog.ProveRecord(tree.N, int64(index), reader)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckRecord(proof, tree.N, tree.Hash, int64(index), leaf); err != nil {
			return nil, err
		}
	}
	roots := [][]byte{}
	for _, size := range sizes {
		root, err := tlog.TreeHash(size, reader)
		if err != nil {
			return nil, err
		}
		proof, err := tlog.ProveTree(tree.N, size, reader)
		if err != nil {
			return nil, err
		}
		if err := tlog.CheckTree(proof, tree.N, tree.Hash, size, root); err != nil {
			return nil, err
		}
		roots = append(roots, append([]byte{}, root[:]...))
	}
	return map[string]any{"size": tree.N, "entries": len(entries), "roots": roots}, nil
}

// folder reads tiles as C2SP tlog-tiles has them: tile/<L>/<N>, where Go has tile/8/<L>/<N>.
type folder string

func (dir folder) Height() int                         { return height }
func (dir folder) SaveTiles(_ []tlog.Tile, _ [][]byte) {}
func (dir folder) path(tile tlog.Tile) string          { return filepath.Join(string(dir), path(tile)) }
func (dir folder) ReadTiles(asked []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range asked {
		data, err := os.ReadFile(dir.path(tile))
		if errors.Is(err, os.ErrNotExist) && tile.W < 1<<height {
			// a partial tile that is gone is the start of the full one
			full := tile
			full.W = 1 << height
			if data, err = os.ReadFile(dir.path(full)); err == nil && len(data) >= tile.W*tlog.HashSize {
				data = data[:tile.W*tlog.HashSize]
			}
		}
		if err != nil {
			return nil, err
		}
		found = append(found, data)
	}
	return found, nil
}

func path(tile tlog.Tile) string {
	return "tile/" + strings.TrimPrefix(tile.Path(), "tile/8/")
}

// bundles reads all entries, each behind its length in two bytes.
func bundles(dir string, size int64) ([][]byte, error) {
	var entries [][]byte
	for first := int64(0); first < size; first += 1 << height {
		tile := tlog.Tile{H: height, L: 0, N: first >> height, W: 1 << height}
		if size-first < 1<<height {
			tile.W = int(size - first)
		}
		data, err := os.ReadFile(filepath.Join(dir, strings.Replace(path(tile), "tile/0/", "tile/entries/", 1)))
		if err != nil {
			return nil, err
		}
		for count := 0; count < tile.W; count++ {
			if len(data) < 2 || len(data)-2 < int(binary.BigEndian.Uint16(data)) {
				return nil, errors.New("a bundle is cut short")
			}
			end := 2 + int(binary.BigEndian.Uint16(data))
			entries, data = append(entries, data[2:end]), data[end:]
		}
		if len(data) > 0 {
			return nil, errors.New("a bundle goes on after its entries")
		}
	}
	return entries, nil
}

// publish makes a log of these entries, writes its tiles and signs its checkpoint; returns the key, all inclusion proofs, and
// the consistency proofs from the given sizes.
func publish(asked request) (any, error) {
	skey, vkey, err := note.GenerateKey(bytes.NewReader(asked.Seed), asked.Name)
	if err != nil {
		return nil, err
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		return nil, err
	}
	var stored []tlog.Hash
	reader := tlog.HashReaderFunc(func(indexes []int64) ([]tlog.Hash, error) {
		found := make([]tlog.Hash, len(indexes))
		for place, index := range indexes {
			found[place] = stored[index]
		}
		return found, nil
	})
	for index, entry := range asked.Entries {
		more, err := tlog.StoredHashes(int64(index), entry, reader)
		if err != nil {
			return nil, err
		}
		stored = append(stored, more...)
	}
	size := int64(len(asked.Entries))
	for _, tile := range tlog.NewTiles(height, 0, size) {
		data, err := tlog.ReadTileData(tile, reader)
		if err != nil {
			return nil, err
		}
		if err := write(asked.Dir, path(tile), data); err != nil {
			return nil, err
		}
		if tile.L == 0 {
			var bundle []byte
			first := tile.N << height
			for _, entry := range asked.Entries[first : first+int64(tile.W)] {
				bundle = append(binary.BigEndian.AppendUint16(bundle, uint16(len(entry))), entry...)
			}
			if err := write(asked.Dir, strings.Replace(path(tile), "tile/0/", "tile/entries/", 1), bundle); err != nil {
				return nil, err
			}
		}
	}
	root, err := tlog.TreeHash(size, reader)
	if err != nil {
		return nil, err
	}
	text := fmt.Sprintf("%s\n%d\n%s\n", asked.Name, size, base64.StdEncoding.EncodeToString(root[:]))
	signed, err := note.Sign(&note.Note{Text: text}, signer)
	if err != nil {
		return nil, err
	}
	if err := write(asked.Dir, "checkpoint", signed); err != nil {
		return nil, err
	}
	records := [][][]byte{}
	for index := range asked.Entries {
		proof, err := tlog.ProveRecord(size, int64(index), reader)
		if err != nil {
			return nil, err
		}
		records = append(records, plain(proof))
	}
	trees := [][][]byte{}
	for _, old := range asked.Sizes {
		proof, err := tlog.ProveTree(size, old, reader)
		if err != nil {
			return nil, err
		}
		trees = append(trees, plain(proof))
	}
	return map[string]any{"vkey": vkey, "records": records, "trees": trees}, nil
}

func write(dir, name string, data []byte) error {
	file := filepath.Join(dir, filepath.FromSlash(name))
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, data, 0o644)
}

func hash(data []byte) (found tlog.Hash) {
	copy(found[:], data)
	return found
}

func hashes(data [][]byte) tlog.RecordProof {
	proof := tlog.RecordProof{}
	for _, one := range data {
		proof = append(proof, hash(one))
	}
	return proof
}

func plain(proof []tlog.Hash) [][]byte {
	made := [][]byte{}
	for _, one := range proof {
		one := one
		made = append(made, one[:])
	}
	return made
}
